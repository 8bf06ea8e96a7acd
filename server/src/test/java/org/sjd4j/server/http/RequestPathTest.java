package org.sjd4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {
    @ParameterizedTest
    @CsvSource({
        "/, /",
        "//, /",
        "////, /",
        "/a, /a",
        "/a/, /a/",
        "//a, /a",
        "/a//, /a/",
        "/a//b///c, /a/b/c",
        "/./a, /a",
        "/a/., /a/",
        "/a/.., /",
        "/a/../b, /b",
        "/a/b/../../c/, /c/",
        "/a/...//b, /a/.../b",
        "/%61%2Db, /a-b",
        "/%C3%A4, /ä",
        "/ä, /ä",
        "/a%20b, /a b",
        "/%2525, /%25",
        "/a;b=c, /a;b=c",
        "/a+b, /a+b",
    })
    void isReadAsItIsMeant(String raw, String path) {
        assertThat(RequestPath.read(raw)).contains(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "a",
                "/..",
                "/../a",
                "/a/../../b",
                "/a//../b",
                "//../b",
                "/a%2Fb",
                "/a%2fb",
                "/a%3Fb",
                "/%2e",
                "/%2E%2e/a",
                "/.%2e/a",
                "/a%00",
                "/a%0D%0A",
                "/a\u0007",
                "/%",
                "/%4",
                "/%zz",
                "/%u0041",
                "/%ff",
                "/%c3%28",
                "/a%e2%82/b",
                "/\uFFFD",
            })
    void whatHasTwoMeaningsHasNone(String raw) {
        assertThat(RequestPath.read(raw)).isEmpty();
    }

    @Test
    void readsWhateverComes() {
        long seed = Long.getLong("sjd4j.seed", 20261127);
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            var raw = new StringBuilder("/");
            for (int length = random.nextInt(12); length > 0; length--) {
                raw.append("/.%2e5fa;ä".charAt(random.nextInt(10)));
            }
            String shown = "seed %s: %s".formatted(seed, raw);
            RequestPath.read(raw.toString()).ifPresent(path -> {
                assertThat(path).as(shown).startsWith("/").doesNotContain("//");
                assertThat(path.split("/", -1)).as(shown).doesNotContain(".", "..");
            });
        }
    }
}
