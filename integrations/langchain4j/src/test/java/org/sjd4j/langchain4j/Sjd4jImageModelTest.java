package org.sjd4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.image.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.Documents;
import org.sjd4j.api.BatchLimits;
import org.sjd4j.api.Edit;
import org.sjd4j.api.EditMask;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.RequestBuilder;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.bundled.ModelNotFoundException;
import org.sjd4j.langchain4j.sample.ImagesServer;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/** Images by LangChain4j's interface, and the sample application. */
class Sjd4jImageModelTest {
    @TempDir
    private static Path directory;

    private static TextToImage plain;

    @BeforeAll
    static void open() {
        plain = TextToImage.open(TinyCheckpoint.write(directory), "cpu");
    }

    @AfterAll
    static void close() {
        plain.close();
    }

    private static Sjd4jImageModel.Builder tiny() {
        return Sjd4jImageModel.builder().model(directory.toString());
    }

    private static RequestBuilder requests() {
        return new RequestBuilder(plain.description(), plain.defaults());
    }

    private static byte[] expected(TextToImage model, String name, RequestBuilder builder, String prompt, long seed) {
        var request = builder.seed(seed).build(prompt, 1).getFirst();
        return PngFile.encode(model.generate(request).image(), new Recipe(name, model.precision(), request));
    }

    private static byte[] expected(RequestBuilder builder, long seed) {
        return expected(plain, directory.toString(), builder, "red apple", seed);
    }

    private static byte[] png(Image image) {
        return Base64.getDecoder().decode(image.base64Data());
    }

    @Test
    void aSeedGivesTheImageThatTheLibraryMakes() {
        try (var model = tiny().seed(5).build()) {
            var one = model.generate("red apple");
            assertThat(png(one.content())).isEqualTo(expected(requests(), 5));
            assertThat(one.content().mimeType()).isEqualTo("image/png");
            assertThat(one.metadata()).containsEntry(Sjd4jImageModel.SEEDS, List.of(5L));

            var two = model.generate("red apple", 2);
            assertThat(two.content()).hasSize(2);
            assertThat(png(two.content().getFirst())).isEqualTo(png(one.content()));
            assertThat(png(two.content().getLast())).isEqualTo(expected(requests(), 6));
            assertThat(Objects.requireNonNull(two.tokenUsage()).outputTokenCount())
                    .isEqualTo(2 * plain.imageTokens());
            assertThat(two.metadata())
                    .containsEntry(Sjd4jImageModel.SEEDS, List.of(5L, 6L))
                    .containsKeys(Sjd4jImageModel.STEPS, Sjd4jImageModel.SECONDS);
        }
    }

    @Test
    void everyOptionIsHonoured() {
        var builder = tiny().seed(9)
                .device("cpu")
                .dtype("float32")
                .limits(new BatchLimits(2, 32))
                .decoder("sjd-gumbel")
                .negativePrompt("green")
                .size(16, 16)
                .window(4)
                .initialisation("left")
                .denoisingSteps(2)
                .guidanceScale(2.5)
                .temperature(0.9)
                .topK(20)
                .topP(0.95);
        var requests = requests()
                .decoder("sjd-gumbel")
                .negativePrompt("green")
                .size(16, 16)
                .set("window", 4)
                .set("initialisation", "left")
                .set("denoising_steps", 2)
                .set("guidance_scale", 2.5)
                .set("temperature", 0.9)
                .set("top_k", 20)
                .set("top_p", 0.95);
        try (var model = builder.build();
                var same = TextToImage.open(plain.description(), ComputeDevice.CPU, Precision.FLOAT32)) {
            assertThat(png(model.generate("red apple").content()))
                    .isEqualTo(expected(same, directory.toString(), requests, "red apple", 9));
        }
    }

    @Test
    void callsOfManyThreadsGiveEachItsImage() throws Exception {
        try (var model = tiny().seed(3).build();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<Image>>();
            for (int i = 0; i < 12; i++) {
                answers.add(threads.submit(() -> model.generate("red apple").content()));
            }
            byte[] expected = expected(requests(), 3);
            for (var answer : answers) {
                assertThat(png(answer.get())).isEqualTo(expected);
            }
        }
    }

    @Test
    void aMissingDirectoryIsNamedInOneLine() {
        Path missing = directory.resolve("missing");
        assertThatThrownBy(Sjd4jImageModel.builder().model(missing.toString())::build)
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessage(
                        "there is no model '%s' and no such directory; choose bundled, or give a checkpoint directory"
                                .formatted(missing));
    }

    @Test
    void whatMakesNoSenseIsNamedBeforeTheModelIsLoaded() {
        var wrong = Map.of(
                tiny().device("tpu"), "there is no device 'tpu'",
                tiny().dtype("float8"), "there is no dtype 'float8'",
                tiny().decoder("best"), "there is no decoder 'best'",
                tiny().decoder("sjd2"), "decoder is 'sjd2', which needs an adapter",
                tiny().window(0), "window is 0, expected at least 1 row",
                tiny().topP(2), "top-p is 2.0, expected more than 0",
                tiny().size(512, 512), "width x height is 512 x 512, expected a size of this model: 16x16");
        wrong.forEach((builder, message) -> assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message));
        try (var model = tiny().build()) {
            assertThatThrownBy(() -> model.generate(" ")).hasMessageStartingWith("the prompt is empty");
            assertThatThrownBy(() -> model.generate("red apple", 0))
                    .hasMessage("the number of images is 0, expected at least 1");
        }
    }

    /** Where the mask is white or transparent the image is made anew, as the library does it. */
    @Test
    void aPartOfAnImageIsMadeAnew() throws IOException {
        var old = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        var mask = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        var transparent = new BufferedImage(16, 16, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < 16 * 16; i++) {
            old.setRGB(i % 16, i / 16, i * 4111);
            transparent.setRGB(i % 16, i / 16, i % 16 < 8 ? 0xff000000 | i * 4111 : 0);
            mask.setRGB(i % 16, i / 16, i % 16 < 8 ? 0 : 0xffffff);
        }
        var request = requests().seed(5L).build("red apple", 1).getFirst();
        var edit = Edit.of(old, EditMask.rectangle(8, 0, 8, 16, 16, 16), plain.description());
        int[] expected = pixels(plain.generate(request.editing(edit)).image());
        try (var model = tiny().seed(5).build()) {
            var byMask = model.edit(image(old), image(mask), "red apple").content();
            assertThat(pixels(ImageIO.read(new ByteArrayInputStream(png(byMask)))))
                    .isEqualTo(expected);
            var byTransparency = model.edit(image(transparent), "red apple").content();
            assertThat(pixels(ImageIO.read(new ByteArrayInputStream(png(byTransparency)))))
                    .hasSize(16 * 16);
            assertThatThrownBy(() -> model.edit(image(old), "red apple"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("nothing is to be made anew");
            assertThatThrownBy(() -> model.edit(image(old), image(new BufferedImage(16, 32, 1)), "red apple"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the mask has 16x32 pixels");
            var address = Image.builder().url("http://localhost/a.png").build();
            assertThatThrownBy(() -> model.edit(address, "red apple"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("addresses are not fetched");
        }
    }

    private static int[] pixels(BufferedImage image) {
        return image.getRGB(0, 0, 16, 16, null, 0, 16);
    }

    private static Image image(BufferedImage image) throws IOException {
        var out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return Image.builder()
                .base64Data(Base64.getEncoder().encodeToString(out.toByteArray()))
                .build();
    }

    @Test
    void aClosedModelGeneratesNothing() {
        var model = tiny().build();
        model.close();
        model.close();
        assertThatThrownBy(() -> model.generate("red apple")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theSampleStartsAnswersAndStops() throws Exception {
        try (var client = HttpClient.newHttpClient();
                var model = tiny().seed(7).build()) {
            URI address;
            try (var server = new ImagesServer(model, 0)) {
                address = URI.create("http://localhost:" + server.port() + "/image");
                var request = HttpRequest.newBuilder(address)
                        .POST(BodyPublishers.ofString("red apple"))
                        .build();
                var answer = client.send(request, BodyHandlers.ofByteArray());
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("content-type")).contains("image/png");
                assertThat(answer.body()).isEqualTo(expected(requests(), 7));
            }
        }
    }

    @Test
    void theBundledModelNeedsNoOption() {
        try (var model = Sjd4jImageModel.builder().seed(42).build();
                var same = TextToImage.open(BundledModel.directory(), "cpu")) {
            var requests = new RequestBuilder(same.description(), same.defaults());
            assertThat(png(model.generate("a red car").content()))
                    .isEqualTo(expected(same, BundledModel.NAME, requests, "a red car", 42));
        }
    }

    /** So the documented code is compiled; what it calls is tested above. */
    @Test
    void theDocumentHasTheCodeOfTheSample() throws Exception {
        String sample = Files.readString(Documents.root()
                .resolve("integrations/langchain4j/src/test/java/org/sjd4j/langchain4j/sample/OneImage.java"));
        assertThat(Documents.blocks("java"))
                .filteredOn(code -> code.text().contains("org.sjd4j.langchain4j"))
                .singleElement()
                .satisfies(code -> assertThat(sample.stripIndent().lines().map(String::strip))
                        .containsSubsequence(
                                code.text().lines().map(String::strip).toList()));
    }
}
