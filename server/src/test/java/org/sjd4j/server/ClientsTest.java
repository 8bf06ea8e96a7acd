package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.images.ImageEditParams;
import com.openai.models.images.ImageGenStreamEvent;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.images.ImagesResponse;
import dev.langchain4j.data.image.Image;
import dev.langchain4j.model.openai.OpenAiImageModel;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.openai.OpenAiImageOptions;

/** The clients that Java teams have already. */
class ClientsTest {
    private static final String PROMPT = "red apple, noto style";

    private static TestServer server;
    private static OpenAIClient openai;
    private static String expected;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start().awaitReady();
        openai = OpenAIOkHttpClient.builder()
                .baseUrl(server.uri("/v1").toString())
                .apiKey("none")
                .build();
        expected = TestServer.image(server.generate("{\"prompt\":\"" + PROMPT + "\",\"seed\":7}"));
    }

    @AfterAll
    static void stop() {
        openai.close();
        server.close();
    }

    private static ImageGenerateParams.Builder params() {
        return ImageGenerateParams.builder()
                .prompt(PROMPT)
                .model("gpt-image-1")
                .putAdditionalBodyProperty("seed", JsonValue.from(7));
    }

    private static String image(ImagesResponse response) {
        return response.data().orElseThrow().getFirst().b64Json().orElseThrow();
    }

    @Test
    void openaiJava() {
        ImagesResponse response = openai.images().generate(params().build());
        assertThat(image(response)).isEqualTo(expected);
        assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(256);
        response.validate();
    }

    @Test
    void openaiJavaAsynchronously() {
        assertThat(image(openai.async().images().generate(params().build()).join()))
                .isEqualTo(expected);
    }

    @Test
    void openaiJavaStreaming() {
        try (var stream =
                openai.images().generateStreaming(params().partialImages(2).build())) {
            var events = stream.stream().collect(Collectors.toList());
            events.forEach(ImageGenStreamEvent::validate);
            assertThat(events).hasSizeBetween(1, 3);
            for (int i = 0; i < events.size() - 1; i++) {
                assertThat(events.get(i).asGenerationPartialImage().partialImageIndex())
                        .isEqualTo(i);
            }
            assertThat(events.getLast().asGenerationCompleted().b64Json()).isEqualTo(expected);
        }
    }

    /** White on the right. */
    private static byte[] mask() throws IOException {
        var mask = new BufferedImage(128, 128, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 128 * 64; i++) {
            mask.setRGB(64 + i % 64, i / 64, 0xffffff);
        }
        var out = new ByteArrayOutputStream();
        ImageIO.write(mask, "png", out);
        return out.toByteArray();
    }

    @Test
    void openaiJavaAndLangChain4jEditAlike() throws IOException {
        byte[] old = Base64.getDecoder().decode(expected);
        var params = ImageEditParams.builder()
                .image(old)
                .mask(mask())
                .prompt("green apple, noto style")
                .model("gpt-image-1")
                .putAdditionalBodyProperty("seed", JsonValue.from(9));
        var response = openai.images().edit(params.build());
        response.validate();
        String edited = image(response);
        assertThat(edited).isNotEqualTo(expected);
        var model = OpenAiImageModel.builder()
                .baseUrl(server.uri("/v1").toString())
                .apiKey("none")
                .modelName("gpt-image-1")
                .customQueryParams(Map.of("seed", "9"))
                .build();
        var image = Image.builder().base64Data(expected).mimeType("image/png").build();
        var mask = Image.builder()
                .base64Data(Base64.getEncoder().encodeToString(mask()))
                .mimeType("image/png")
                .build();
        assertThat(model.edit(image, mask, "green apple, noto style").content().base64Data())
                .isEqualTo(edited);
    }

    @Test
    void openaiJavaKnowsErrorsAndModels() {
        assertThatThrownBy(() -> openai.images().generate(params().n(99).build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("'n'");
        assertThatThrownBy(() -> openai.models().retrieve("none")).isInstanceOf(NotFoundException.class);
        assertThat(openai.models().list().data().getFirst().id()).isEqualTo("bundled");
    }

    @Test
    void langChain4j() {
        var model = OpenAiImageModel.builder()
                .baseUrl(server.uri("/v1").toString())
                .apiKey("none")
                .modelName("gpt-image-1")
                .customQueryParams(Map.of("seed", "7"))
                .build();
        assertThat(model.generate(PROMPT).content().base64Data()).isEqualTo(expected);
    }

    @Test
    void springAi() {
        var options = OpenAiImageOptions.builder()
                .baseUrl(server.uri("/v1").toString())
                .apiKey("none")
                .n(1)
                .responseFormat("b64_json")
                .build();
        var model = org.springframework.ai.openai.OpenAiImageModel.builder()
                .options(options)
                .build();
        var generation =
                Objects.requireNonNull(model.call(new ImagePrompt(PROMPT)).getResult());
        String image = generation.getOutput().getB64Json();
        assertThat(image).startsWith("iVBORw0KGgo"); // a PNG; it can set no seed
    }
}
