package org.sjd4j.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.api.RequestBuilder;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.sampling.DecodingException;
import org.springframework.ai.image.ImageGeneration;
import org.springframework.ai.image.ImageMessage;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImageOptionsBuilder;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.image.ImageResponse;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Images by Spring AI's interface. */
class Sjd4jImageModelTest {
    @TempDir
    private static Path directory;

    private static Sjd4jEngine engine;
    private static Sjd4jImageModel model;

    @BeforeAll
    static void open() {
        TinyCheckpoint.writeBroken(directory);
        engine = new Sjd4jEngine(properties(directory.toString()), List.of());
        model = new Sjd4jImageModel(engine, 3, List.of(), ObservationRegistry.NOOP, null);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Sjd4jProperties properties(String directory) {
        var source = new MapConfigurationPropertySource(Map.of("sjd4j.model", directory));
        return new Binder(source).bindOrCreate("sjd4j", Sjd4jProperties.class);
    }

    private static byte[] png(ImageResponse response, int index) {
        String base64 = response.getResults().get(index).getOutput().getB64Json();
        return Base64.getDecoder().decode(Objects.requireNonNull(base64));
    }

    private static byte[] expected(RequestBuilder builder, String prompt, long seed) {
        Request request = builder.seed(seed).build(prompt, 1).getFirst();
        var image = engine.model().generate(request);
        return PngFile.encode(
                image.image(), new Recipe(directory.toString(), engine.options().precision(), request));
    }

    private static RequestBuilder plain() {
        return new RequestBuilder(engine.description(), engine.model().defaults());
    }

    private static ImagePrompt prompt(Sjd4jImageOptions.Builder options) {
        return new ImagePrompt("red apple", options.build());
    }

    private static Sjd4jImageOptions.Builder options() {
        return Sjd4jImageOptions.builder();
    }

    @Test
    void aSeedGivesTheImageThatTheLibraryMakes() {
        var response = model.call(prompt(options().seed(5L).n(2)));
        assertThat(response.getResults()).hasSize(2);
        assertThat(png(response, 0)).isEqualTo(expected(plain(), "red apple", 5));
        assertThat(png(response, 1)).isEqualTo(expected(plain(), "red apple", 6));
        assertThat(response.getMetadata().getUsage().getCompletionTokens())
                .isEqualTo(2 * engine.model().imageTokens());
        assertThat(response.getResults().getLast().getMetadata())
                .isInstanceOfSatisfying(Sjd4jImageMetadata.class, metadata -> {
                    assertThat(metadata.seed()).isEqualTo(6);
                    assertThat(metadata.decoder()).isEqualTo("sjd-exact");
                    assertThat(metadata.tokens()).isEqualTo(engine.model().imageTokens());
                    assertThat(metadata.steps() * metadata.tokensPerStep()).isCloseTo(metadata.tokens(), within(1e-9));
                    assertThat(metadata.seconds()).isPositive();
                    assertThat(metadata.unknownWords()).isEmpty();
                });
    }

    @Test
    void everyOptionIsHonoured() {
        var response = model.call(prompt(options()
                .seed(9L)
                .n(1)
                .model(directory.toString())
                .width(16)
                .height(16)
                .responseFormat("b64_json")
                .negativePrompt("green")
                .decoder("sjd-gumbel")
                .window(4)
                .initialisation("left")
                .denoisingSteps(2)
                .guidanceScale(2.5)
                .temperature(0.9)
                .topK(20)
                .topP(0.95)));
        var builder = plain().size(16, 16)
                .negativePrompt("green")
                .decoder("sjd-gumbel")
                .set("window", 4)
                .set("initialisation", "left")
                .set("denoising_steps", 2)
                .set("guidance_scale", 2.5)
                .set("temperature", 0.9)
                .set("top_k", 20)
                .set("top_p", 0.95);
        assertThat(png(response, 0)).isEqualTo(expected(builder, "red apple", 9));
    }

    @Test
    void portableOptionsAreHonoured() {
        var options = ImageOptionsBuilder.builder().n(3).width(16).height(16).build();
        assertThat(model.call(new ImagePrompt("red apple", options)).getResults())
                .hasSize(3)
                .extracting(ImageGeneration::getMetadata)
                .doesNotHaveDuplicates();
        assertThat(model.call(new ImagePrompt("red apple")).getResults()).hasSize(1);
    }

    @Test
    void whatMakesNoSenseIsNamed() {
        refused(prompt(options().n(0)), "the number of images is 0, expected at least 1");
        refused(prompt(options().model("other")), "model is 'other', expected '" + directory + "' or nothing");
        refused(
                prompt(options().width(512).height(512)),
                "width x height is 512 x 512, expected a size of this model: 16x16");
        refused(prompt(options().responseFormat("url")), "responseFormat is 'url', expected b64_json");
        refused(prompt(options().window(0)), "window is 0, expected at least 1 row");
        refused(prompt(options().topP(2.0)), "top-p is 2.0, expected more than 0, up to 1 (off)");
        refused(prompt(options().decoder("best")), "there is no decoder 'best'");
        refused(prompt(options().decoder("sjd2")), "decoder is 'sjd2', which needs an adapter");
        refused(prompt(options().partialImages(-1)), "partialImages is -1, expected at least 0");
        refused(new ImagePrompt("  "), "the prompt is empty");
        refused(
                new ImagePrompt(List.of(new ImageMessage("red"), new ImageMessage("apple"))),
                "the prompt has 2 messages, expected 1");
        refused(
                new ImagePrompt(
                        "apple", ImageOptionsBuilder.builder().style("vivid").build()),
                "style is 'vivid', expected nothing");
    }

    private static void refused(ImagePrompt prompt, String message) {
        assertThatThrownBy(() -> model.call(prompt))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void callsOfManyThreadsGiveEachItsImage() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<ImageResponse>>();
            for (long seed = 0; seed < 12; seed++) {
                var prompt = prompt(options().seed(seed));
                answers.add(threads.submit(() -> model.call(prompt)));
            }
            for (int seed = 0; seed < 12; seed++) {
                assertThat(png(answers.get(seed).get(), 0)).isEqualTo(expected(plain(), "red apple", seed));
            }
        }
    }

    @Test
    void previewsComeOnTheCallingThread() {
        var previews = new ArrayList<ImagePreview>();
        var threads = new HashSet<Thread>();
        ImagePreviewListener listener = preview -> {
            previews.add(preview);
            threads.add(Thread.currentThread());
        };
        var heard = new Sjd4jImageModel(engine, 3, List.of(listener), ObservationRegistry.NOOP, null);
        var options = options().seed(5L).decoder("ar");
        assertThat(png(heard.call(prompt(options)), 0)).isEqualTo(expected(plain().decoder("ar"), "red apple", 5));
        assertThat(previews).extracting(ImagePreview::accepted).containsExactly(4, 8, 12);
        assertThat(previews).extracting(ImagePreview::index).containsExactly(0, 1, 2);
        assertThat(previews).allSatisfy(preview -> {
            assertThat(preview.tokens()).isEqualTo(16);
            assertThat(preview.step()).isEqualTo(preview.accepted());
            assertThat(preview.request().seed()).isEqualTo(5);
            assertThat(preview.pixels().getWidth()).isEqualTo(16);
            assertThat(preview.png()).startsWith(0x89, 'P', 'N', 'G');
        });
        assertThat(threads).containsExactly(Thread.currentThread());

        previews.clear();
        heard.call(prompt(options.partialImages(0)));
        assertThat(previews).isEmpty();
        model.call(prompt(options.partialImages(1).n(2).previewListener(listener)));
        assertThat(previews).extracting(ImagePreview::image).containsExactlyInAnyOrder(0, 1);
    }

    @Test
    void whatAListenerThrowsEndsTheCall() {
        assertThatThrownBy(() -> model.call(prompt(options().decoder("ar").previewListener(_ -> {
                    throw new UnsupportedOperationException("enough");
                }))))
                .hasMessage("enough");
    }

    @Test
    void aFailureOfTheModelIsThrownAsItIs() {
        var prompt = new ImagePrompt(TinyCheckpoint.BROKEN_WORD, options().n(2).build());
        assertThatThrownBy(() -> model.call(prompt)).isInstanceOf(DecodingException.class);
        var previewed = options().n(2).previewListener(_ -> {}).build();
        assertThatThrownBy(() -> model.call(new ImagePrompt(TinyCheckpoint.BROKEN_WORD, previewed)))
                .isInstanceOf(DecodingException.class);
    }

    @Test
    void anInterruptedCallEnds() {
        for (var options : List.of(options(), options().previewListener(_ -> {}))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> model.call(prompt(options))).isInstanceOf(DecodingException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void callsAreObserved() {
        var observed = new ArrayList<String>();
        var registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStop(Observation.Context context) {
                observed.add(context.getName() + " " + context.getLowCardinalityKeyValues());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        new Sjd4jImageModel(engine, 3, List.of(), registry, null).call(new ImagePrompt("red apple"));
        assertThat(observed)
                .singleElement()
                .asString()
                .contains("gen_ai.client.operation")
                .contains("sjd4j");
    }

    @Test
    void theBundledModelNeedsNoProperty() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(Sjd4jAutoConfiguration.class))
                .run(context -> {
                    var response = context.getBean(ImageModel.class)
                            .call(new ImagePrompt(
                                    "a red car", options().seed(42L).build()));
                    var bundled = context.getBean(Sjd4jEngine.class).model();
                    var request = new RequestBuilder(bundled.description(), bundled.defaults())
                            .seed(42L)
                            .build("a red car", 1)
                            .getFirst();
                    assertThat(png(response, 0))
                            .isEqualTo(PngFile.encode(
                                    bundled.generate(request).image(),
                                    new Recipe(BundledModel.NAME, bundled.precision(), request)));
                });
    }
}
