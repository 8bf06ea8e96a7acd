package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.assertError;
import static org.sjd4j.server.TestServer.file;
import static org.sjd4j.server.TestServer.json;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sjd4j.api.TinyCheckpoint;

/** {@code POST /v1/images/edits}. */
class EditsTest {
    private static final int SIDE = TinyCheckpoint.IMAGE_SIZE;
    private static final int MUTANTS = 1000;

    private static TestServer server;

    @BeforeAll
    static void start() throws InterruptedException {
        server = TestServer.startTiny(16, options -> options).awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static BufferedImage picture(int type) {
        var picture = new BufferedImage(SIDE, SIDE, type);
        for (int i = 0; i < SIDE * SIDE; i++) {
            picture.setRGB(i % SIDE, i / SIDE, 0xff000000 | i * 4111);
        }
        return picture;
    }

    private static byte[] png(BufferedImage image) throws IOException {
        var out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }

    /** Transparent on the right. */
    private static byte[] halfTransparent() throws IOException {
        var image = picture(BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < SIDE; y++) {
            for (int x = SIDE / 2; x < SIDE; x++) {
                image.setRGB(x, y, 0);
            }
        }
        return png(image);
    }

    private static HttpResponse<String> post(byte[] body, String contentType) throws Exception {
        return server.send(server.request("/v1/images/edits")
                .header("Content-Type", contentType)
                .POST(BodyPublishers.ofByteArray(body)));
    }

    private static HttpResponse<String> post(Multipart body) throws Exception {
        return post(body.end(), Multipart.contentType());
    }

    private static Multipart form() {
        return new Multipart().text("prompt", "red apple").text("seed", "7");
    }

    private static void assertLeftHalfStays(byte[] file) throws IOException {
        var edited = ImageIO.read(new ByteArrayInputStream(file));
        var old = picture(BufferedImage.TYPE_INT_RGB);
        int changed = 0;
        for (int i = 0; i < SIDE * SIDE; i++) {
            boolean same = edited.getRGB(i % SIDE, i / SIDE) == old.getRGB(i % SIDE, i / SIDE);
            if (i % SIDE < SIDE / 2) {
                assertThat(same).isTrue();
            } else if (!same) {
                changed++;
            }
        }
        assertThat(changed).isGreaterThan(SIDE * SIDE / 4);
    }

    /** The same edit in all the shapes in which clients ask for it. */
    @Test
    void formsAndJsonAskForTheSame() throws Exception {
        byte[] opaque = png(picture(BufferedImage.TYPE_INT_RGB));
        var first = post(form().file("image", opaque).file("mask", halfTransparent()));
        assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
        byte[] expected = file(json(first).get("data").get(0));
        assertLeftHalfStays(expected);
        assertThat(json(first).get("size").stringValue()).isEqualTo(SIDE + "x" + SIDE);
        int tokens = TinyCheckpoint.GRID * TinyCheckpoint.GRID;
        assertThat(json(first)
                        .get("usage")
                        .get("input_tokens_details")
                        .get("image_tokens")
                        .intValue())
                .isEqualTo(tokens);
        String image = "\"data:image/png;base64," + Base64.getEncoder().encodeToString(opaque) + "\"";
        String mask = "\"data:image/png;base64," + Base64.getEncoder().encodeToString(halfTransparent()) + "\"";
        for (String fields : List.of(
                "\"image\":%s,\"mask\":%s".formatted(image, mask),
                "\"image\":[%s],\"mask\":%s".formatted(image, mask),
                "\"images\":[{\"image_url\":%s}],\"mask\":{\"image_url\":%s}".formatted(image, mask))) {
            var answer = server.post("/v1/images/edits", "{\"prompt\":\"red apple\",\"seed\":7," + fields + "}");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(file(json(answer).get("data").get(0))).isEqualTo(expected);
        }
        var list = post(
                form().file("image[]", opaque).file("mask", halfTransparent()).text("n", "2"));
        assertThat(json(list).get("data")).hasSize(2);
        assertThat(file(json(list).get("data").get(0))).isEqualTo(expected);
        var exact = post(
                form().file("image", opaque).file("mask", halfTransparent()).text("decoder", "ar"));
        assertThat(pixels(file(json(exact).get("data").get(0)))).isEqualTo(pixels(expected));
    }

    private static int[] pixels(byte[] file) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(file)).getRGB(0, 0, SIDE, SIDE, null, 0, SIDE);
    }

    @Test
    void theTransparencyOfTheImageIsAMask() throws Exception {
        var answer = post(form().file("image", halfTransparent()));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertLeftHalfStays(file(json(answer).get("data").get(0)));
    }

    @Test
    void editsAreStreamed() throws Exception {
        var answer = post(
                form().file("image", halfTransparent()).text("stream", "true").text("partial_images", "1"));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("event: image_edit.completed", "\"type\":\"image_edit.completed\"");
        assertThat(answer.body()).doesNotContain("image_generation");
    }

    @Test
    void wrongFieldsAreNamed() throws Exception {
        byte[] opaque = png(picture(BufferedImage.TYPE_INT_RGB));
        assertError(post(form()), 400, "image", "missing_required_parameter");
        assertError(
                post(new Multipart().file("image", halfTransparent())), 400, "prompt", "missing_required_parameter");
        assertError(post(form().file("image", opaque)), 400, "mask", "invalid_value");
        assertError(post(form().file("image", opaque).file("image", opaque)), 400, "image", "invalid_value");
        assertError(
                post(form().file("image", opaque).file("mask", opaque).file("mask", opaque)),
                400,
                "mask",
                "invalid_value");
        assertError(post(form().file("image", new byte[0])), 400, "image", "invalid_image");
        assertError(
                post(form().file("image", "<svg/>".getBytes(StandardCharsets.UTF_8))), 400, "image", "invalid_image");
        assertError(
                post(form().file("image", opaque).file("mask", new byte[] {1, 2, 3})), 400, "mask", "invalid_image");
        assertError(post(form().file("image", halfTransparent()).text("n", "x")), 400, "n", "invalid_value");
        assertError(
                post(form().file("image", halfTransparent()).text("stream", "yes")), 400, "stream", "invalid_value");
        assertError(post(form().file("image", halfTransparent()).text("size", "8x8")), 400, "size", "invalid_value");
        assertError(
                post(form().file("image", halfTransparent()).text("unheard", "1")),
                400,
                "unheard",
                "unknown_parameter");
        assertError(
                post(form().file("image", halfTransparent()).file("pictures", opaque)),
                400,
                "pictures",
                "unknown_parameter");
        assertError(
                post(form().file("image", png(new BufferedImage(SIDE, 3 * SIDE, 1)))), 400, "mask", "invalid_value");
        var tall = png(new BufferedImage(SIDE, 3 * SIDE, BufferedImage.TYPE_INT_ARGB));
        assertError(post(form().file("image", tall)), 400, "image", "invalid_image");
        assertError(post(form().text("seed", "8").file("image", opaque)), 400, null, "invalid_multipart");
        assertError(post(new byte[] {1}, "multipart/form-data"), 400, null, "invalid_multipart");
        assertError(post(new byte[] {1}, "text/plain"), 415, null, "unsupported_media_type");
        var json = server.post("/v1/images/edits", "{\"prompt\":\"a\",\"image\":\"http://localhost/a.png\"}");
        assertError(json, 400, "image", "invalid_value");
        assertError(
                server.post("/v1/images/edits", "{\"prompt\":\"a\",\"image\":[{\"file_id\":\"a\"}]}"),
                400,
                "image",
                "invalid_value");
    }

    /** A few bytes that claim to be very many pixels, or become them. */
    @Test
    void hugeImagesAreRefusedByTheirHead() throws Exception {
        for (byte[] file : List.of(
                bomb(10_000, 10_000, new byte[0]),
                bomb(5_000, 4_000, zeros(20 << 20)),
                bomb(Integer.MAX_VALUE, Integer.MAX_VALUE, new byte[0]))) {
            var answer = post(form().file("image", file).file("mask", halfTransparent()));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            assertError(
                    answer, 400, "image", json(answer).get("error").get("code").stringValue());
        }
        byte[] rest = bomb(SIDE, SIDE, zeros(100 << 20)); // nobody reads on after the last line
        assertThat(post(form().file("image", rest).file("mask", halfTransparent()))
                        .statusCode())
                .isEqualTo(200);
        var answer = post(form().file("image", halfTransparent()).file("mask", bomb(10_000, 10_000, new byte[0])));
        assertThat(json(answer).get("error").get("param").stringValue()).isEqualTo("mask");
    }

    private static byte[] zeros(int count) {
        return new byte[count];
    }

    /** A PNG of so many RGB pixels, whose data and whose text unpack to these bytes. */
    private static byte[] bomb(int width, int height, byte[] unpacked) throws IOException {
        var out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        var head = ByteBuffer.allocate(13).putInt(width).putInt(height).put(new byte[] {8, 2, 0, 0, 0});
        chunk(out, "IHDR", head.array());
        var packed = new ByteArrayOutputStream();
        try (var deflater = new DeflaterOutputStream(packed, new Deflater(9))) {
            deflater.write(unpacked);
        }
        var text = new ByteArrayOutputStream();
        text.writeBytes("Comment\0\0".getBytes(StandardCharsets.ISO_8859_1));
        text.writeBytes(packed.toByteArray());
        chunk(out, "zTXt", text.toByteArray());
        chunk(out, "IDAT", packed.toByteArray());
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.ISO_8859_1);
        var crc = new CRC32();
        crc.update(name);
        crc.update(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        out.writeBytes(name);
        out.writeBytes(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    /** Random changes of a good body: whatever comes, it is edited, or refused in a form that clients understand; nothing stays on disk. */
    @Test
    void mutatedBodiesAreAnsweredInForm() throws Exception {
        long seed = Long.getLong("sjd4j.seed", 20261128);
        var random = new Random(seed);
        byte[] good = form().file("image", halfTransparent()).text("n", "1").end();
        var before = temporaryFiles();
        int edited = 0;
        for (int i = 0; i < MUTANTS; i++) {
            byte[] body = mutated(good, random);
            var answer = post(body, Multipart.contentType());
            String shown = "seed %s, %s: %s".formatted(seed, i, new String(body, StandardCharsets.ISO_8859_1));
            assertThat(answer.statusCode() / 100).as(shown).isIn(2, 4);
            if (answer.statusCode() / 100 == 4) {
                assertThat(json(answer).get("error").propertyNames())
                        .as(shown)
                        .containsExactlyInAnyOrder("message", "type", "param", "code");
            } else {
                edited++;
            }
        }
        assertThat(edited).as("bodies that stayed good").isPositive();
        assertThat(server.metric("sjd_images_total{outcome=\"failed\"}")).isZero();
        assertThat(temporaryFiles()).isEqualTo(before);
    }

    /** What is in the temporary directory, but for files of other programs that come and go. */
    private static List<String> temporaryFiles() throws IOException {
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.toLowerCase(Locale.ROOT).contains("multipart") || name.startsWith("imageio"))
                    .sorted()
                    .toList();
        }
    }

    private static byte[] mutated(byte[] good, Random random) {
        byte[] body = good.clone();
        for (int change = 1 + random.nextInt(3); change > 0; change--) {
            int at = random.nextInt(body.length);
            switch (random.nextInt(3)) {
                case 0 -> body[at] = (byte) random.nextInt(256);
                case 1 -> System.arraycopy(good, random.nextInt(at + 1), body, at, Math.min(8, body.length - at) / 2);
                default -> body = Arrays.copyOf(body, at + 1);
            }
        }
        return body;
    }
}
