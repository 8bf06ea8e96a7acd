package org.sjd4j.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.ImageGenerator.StepListener;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.RequestBuilder;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.spring.sample.ImagesApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The sample application starts, answers over HTTP, and stops. */
class SampleApplicationTest {
    @TempDir
    private static Path directory;

    private static ConfigurableApplicationContext application;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @BeforeAll
    static void start() {
        TinyCheckpoint.write(directory);
        application = new SpringApplicationBuilder(ImagesApplication.class)
                .properties(
                        "server.port=0",
                        "sjd4j.model=" + directory,
                        "management.endpoints.web.exposure.include=health,metrics",
                        "management.endpoint.health.show-details=always",
                        "spring.main.banner-mode=off")
                .run();
    }

    @AfterAll
    static void stop() {
        var engine = application.getBean(Sjd4jEngine.class);
        application.close();
        CLIENT.close();
        assertThat(application.isActive()).isFalse();
        assertThatThrownBy(() -> engine.generator().submit(List.of(), StepListener.NONE))
                .isInstanceOf(IllegalStateException.class);
    }

    private static <T> HttpResponse<T> get(String path, HttpResponse.BodyHandler<T> body)
            throws IOException, InterruptedException {
        String port = application.getEnvironment().getRequiredProperty("local.server.port");
        return CLIENT.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                        .build(),
                body);
    }

    @Test
    void anImageIsTheOneThatTheLibraryMakes() throws Exception {
        var answer = get(
                "/image?seed=7&prompt=" + URLEncoder.encode("red apple", StandardCharsets.UTF_8),
                BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("image/png");
        try (var model = TextToImage.open(directory, "cpu")) {
            var request = new RequestBuilder(model.description(), model.defaults())
                    .seed(7L)
                    .build("red apple", 1)
                    .getFirst();
            var image = model.generate(request);
            assertThat(answer.body())
                    .isEqualTo(PngFile.encode(
                            image.image(), new Recipe(directory.toString(), model.precision(), request)));
        }
    }

    @Test
    void previewsComeBeforeTheImage() throws Exception {
        var answer = get("/events?prompt=apple", BodyHandlers.ofString());
        var names = answer.body()
                .lines()
                .filter(line -> line.startsWith("event:"))
                .map(line -> line.substring("event:".length()))
                .toList();
        assertThat(names).endsWith("image").startsWith("preview").hasSizeBetween(2, 3);
    }

    @Test
    void healthSaysWhichModelThereIs() throws Exception {
        var health = get("/actuator/health", BodyHandlers.ofString());
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body()).contains("\"sjd4j\"", "\"model\":\"" + directory + "\"", "\"loaded\":true");
    }

    @Test
    void metricsCountImages() throws Exception {
        assertThat(get("/image?prompt=pear", BodyHandlers.ofByteArray()).statusCode())
                .isEqualTo(200);
        var images = get("/actuator/metrics/sjd.images", BodyHandlers.ofString());
        assertThat(images.body()).contains("finished");
        for (String name : List.of(
                "sjd.queue.wait",
                "sjd.queue.depth",
                "sjd.image.steps",
                "sjd.step.accepted",
                "sjd.image.seconds",
                "sjd.native.bytes",
                "sjd.native.objects",
                "sjd.resident.bytes")) {
            assertThat(get("/actuator/metrics/" + name, BodyHandlers.ofString()).statusCode())
                    .as(name)
                    .isEqualTo(200);
        }
    }
}
