package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.server.TestServer.json;

import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.sjd4j.api.TinyCheckpoint;

/** Bodies that chance has changed. */
class MutatedRequestsTest {
    /** Random edits of a good body: whatever comes, it is generated, or refused in a form that clients understand. */
    @Test
    void tenThousandMutatedBodiesAreAnsweredInForm() throws Exception {
        var checkpoint = TinyCheckpoint.write(TestServer.temporary()); // generating the good ones must not take minutes
        try (var tiny = TestServer.start(checkpoint, TestServer.temporary(), 16, options -> options)
                .awaitReady()) {
            mutate(tiny);
            double failed = tiny.metric("sjd_images_total{outcome=\"failed\"}");
            assertThat(failed).as("images that broke").isZero();
            assertThat(tiny.metric("sjd_images_total{outcome=\"finished\"}"))
                    .as("bodies that stayed good")
                    .isGreaterThan(100);
        }
    }

    private static void mutate(TestServer tiny) throws Exception {
        long seed = Long.getLong("sjd4j.seed", 20261124);
        var random = new Random(seed);
        String good = "{\"prompt\":\"a red apple\",\"n\":1,\"size\":\"auto\",\"seed\":5,\"window\":16,"
                + "\"guidance_scale\":1.5,\"stream\":false}";
        for (int i = 0; i < 10_000; i++) {
            byte[] body = mutated(good.getBytes(StandardCharsets.UTF_8), random);
            var request = tiny.request("/v1/images/generations")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body));
            var response = tiny.send(request);
            String shown = "seed %s, %s: %s".formatted(seed, i, new String(body, StandardCharsets.ISO_8859_1));
            assertThat(response.statusCode() / 100).as(shown).isIn(2, 4);
            if (response.statusCode() / 100 == 4) {
                assertThat(json(response).get("error").propertyNames())
                        .as(shown)
                        .containsExactlyInAnyOrder("message", "type", "param", "code");
            }
        }
    }

    private static byte[] mutated(byte[] body, Random random) {
        var bytes = new ArrayList<Byte>();
        for (byte b : body) {
            bytes.add(b);
        }
        for (int edit = 1 + random.nextInt(4); edit > 0 && !bytes.isEmpty(); edit--) {
            int at = random.nextInt(bytes.size());
            switch (random.nextInt(4)) {
                case 0 -> bytes.set(at, (byte) random.nextInt(256));
                case 1 -> bytes.remove(at);
                case 2 -> bytes.add(at, (byte) "{}[]\":,0-e.n\\t".charAt(random.nextInt(13)));
                default ->
                    bytes.subList(at, Math.min(bytes.size(), at + random.nextInt(12)))
                            .clear();
            }
        }
        byte[] result = new byte[bytes.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = bytes.get(i);
        }
        return result;
    }
}
