package org.sjd4j.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.spring.sample.ImagesApplication;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What an application gets of the starter, and what it says about properties that make no sense. */
@ExtendWith(OutputCaptureExtension.class)
class Sjd4jAutoConfigurationTest {
    @TempDir
    private static Path directory;

    @TempDir
    private Path other;

    @BeforeAll
    static void write() {
        TinyCheckpoint.write(directory);
    }

    private static ApplicationContextRunner runner(String... properties) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        Sjd4jAutoConfiguration.class,
                        Sjd4jHealthAutoConfiguration.class,
                        Sjd4jMetricsAutoConfiguration.class))
                .withPropertyValues("sjd4j.model=" + directory)
                .withPropertyValues(properties);
    }

    @Test
    void aMissingDirectoryEndsTheStartWithOneClearLine(CapturedOutput output) {
        Path missing = other.resolve("missing");
        var application = new SpringApplicationBuilder(ImagesApplication.class)
                .web(WebApplicationType.NONE)
                .properties("sjd4j.model=" + missing, "logging.level.root=error", "spring.main.banner-mode=off");
        assertThatThrownBy(application::run).hasRootCauseMessage(line(missing));
        assertThat(output.getAll())
                .contains("""
                Description:

                %s

                Action:

                Change the property sjd4j.model.
                """.formatted("sjd4j.model: " + line(missing)))
                .doesNotContain("\tat ");
    }

    private static String line(Path missing) {
        return "there is no model '%s' and no such directory; choose bundled, or give a checkpoint directory"
                .formatted(missing);
    }

    @Test
    void aDirectoryWithoutAModelIsNamed() {
        runner("sjd4j.model=" + other)
                .run(context ->
                        assertThat(context.getStartupFailure()).rootCause().hasMessageContaining(other.toString()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    device=tpu              | sjd4j.device: there is no device 'tpu'; choose cpu or cuda
                    dtype=float8            | sjd4j.dtype: there is no dtype 'float8'; choose one of float32, bfloat16, float16, int8
                    decoder=best            | sjd4j.decoder: there is no decoder 'best'; choose one of
                    decoder=sjd2            | sjd4j.decoder: decoder is 'sjd2', which needs an adapter
                    window=0                | sjd4j.window: window is 0, expected at least 1 row
                    guidance-scale=99       | sjd4j.guidance-scale: guidance-scale is 99.0, expected a number from 0
                    initialisation=below    | sjd4j.initialisation: initialisation is 'below', expected one of
                    pass-rows=5000          | sjd4j.pass-rows: a pass has 0
                    threads=0               | sjd4j.threads: found 0, expected at least 1
                    partial-images=-1       | sjd4j.partial-images: found -1, expected at least 0
                    batch.images=0          | sjd4j.batch.images: found 0, expected at least 1
                    batch.workers=99        | sjd4j.batch.workers: found 99 workers for 8 images, expected 1 to 8
                    """)
    void aWrongPropertyIsNamed(String property, String message) {
        runner("sjd4j." + property).run(context -> {
            var failure = Objects.requireNonNull(context.getStartupFailure());
            var analysis = Objects.requireNonNull(new Sjd4jFailureAnalyzer().analyze(failure));
            assertThat(analysis.getDescription()).startsWith(message).doesNotContain("\n");
        });
    }

    @Test
    void theModelIsLoadedAtTheStart() {
        runner().run(context -> {
            assertThat(context).hasSingleBean(ImageModel.class);
            assertThat(context.getBean(Sjd4jEngine.class).isLoaded()).isTrue();
        });
    }

    private static Health health(HealthIndicator indicator) {
        return Objects.requireNonNull(indicator.health());
    }

    @Test
    void aLazyModelIsLoadedForTheFirstImage() {
        runner("sjd4j.lazy=true").run(context -> {
            var engine = context.getBean(Sjd4jEngine.class);
            var indicator = context.getBean(HealthIndicator.class);
            assertThat(engine.isLoaded()).isFalse();
            assertThat(health(indicator).getDetails()).containsEntry("loaded", false);
            context.getBean(ImageModel.class).call(new ImagePrompt("red apple"));
            assertThat(engine.isLoaded()).isTrue();
            assertThat(health(indicator).getDetails())
                    .containsEntry("loaded", true)
                    .containsEntry("images", 1L);
        });
    }

    @Test
    void aLazyModelThatCannotBeLoadedIsDown() throws Exception {
        TinyCheckpoint.write(other);
        Files.delete(other.resolve("model.safetensors"));
        runner("sjd4j.lazy=true", "sjd4j.model=" + other).run(context -> {
            var indicator = context.getBean(HealthIndicator.class);
            assertThat(health(indicator).getStatus()).isEqualTo(Status.UP);
            assertThatThrownBy(() -> context.getBean(ImageModel.class).call(new ImagePrompt("red apple")))
                    .isInstanceOf(Sjd4jConfigurationException.class)
                    .hasMessageContaining("model.safetensors");
            assertThat(health(indicator).getStatus()).isEqualTo(Status.DOWN);
        });
    }

    @Test
    void nothingIsThereUnlessItIsWanted() {
        runner("sjd4j.enabled=false").run(context -> assertThat(context).doesNotHaveBean(ImageModel.class));
        runner("spring.ai.model.image=openai")
                .run(context -> assertThat(context).doesNotHaveBean(Sjd4jEngine.class));
        runner("spring.ai.model.image=sjd4j").run(context -> assertThat(context).hasSingleBean(Sjd4jImageModel.class));
        runner("management.health.sjd4j.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
    }

    @Test
    void healthAndMetricsAreOptional() {
        runner().withClassLoader(new FilteredClassLoader(
                        "org.springframework.boot.health", "io.micrometer.core", "org.springframework.boot.micrometer"))
                .run(context -> {
                    assertThat(context).hasNotFailed().hasSingleBean(ImageModel.class);
                    context.getBean(ImageModel.class).call(new ImagePrompt("red apple"));
                });
    }

    @Test
    void metricsHaveTheNamesOfTheServer() {
        runner().withBean(MeterRegistry.class, SimpleMeterRegistry::new).run(context -> {
            context.getBean(ImageModel.class).call(new ImagePrompt("red apple"));
            var registry = context.getBean(MeterRegistry.class);
            assertThat(registry.get("sjd.images")
                            .tag("outcome", "finished")
                            .counter()
                            .count())
                    .isEqualTo(1);
            assertThat(registry.get("sjd.image.steps").summary().max()).isPositive();
            assertThat(registry.get("sjd.step.accepted").summary().totalAmount())
                    .isEqualTo(TinyCheckpoint.GRID * TinyCheckpoint.GRID);
            assertThat(registry.get("sjd.queue.wait").timer().count()).isEqualTo(1);
            assertThat(registry.get("sjd.image.seconds").timers()).hasSize(4);
        });
    }
}
