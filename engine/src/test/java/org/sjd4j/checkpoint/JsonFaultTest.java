package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.tensor.CheckpointException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What is said of texts that are no JSON. */
class JsonFaultTest {
    private static final JsonLimits LIMITS = new JsonLimits(8, 12, true);
    private static final String SIGNS = "{}[]\":,\\/'#-+.0159eEutn abN\t\n\u0001ä\uFEFF";
    private static final String NO_JSON = "a text that is not JSON";

    private static Arguments of(String text, String what, int line, int column) {
        return Arguments.of(text, what, line, column);
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                of("", "the end of the text, where a value belongs", 1, 1),
                of(" \n\t", "the end of the text, where a value belongs", 2, 2),
                of("{", "the end of the text, before the '}' that closes an object", 1, 2),
                of("[1,\n 2", "the end of the text, before the ']' that closes an array", 2, 3),
                of("{\"a\":\"b", "a string that does not end", 1, 6),
                of("{\"a", "a string that does not end", 1, 2),
                of("{\"a\":NaN}", "'NaN', which is no number in JSON: numbers are finite", 1, 6),
                of("[1,\r\n-Infinity]", "'-Infinity', which is no number in JSON: numbers are finite", 2, 1),
                of("{\"a\": inf}", "'inf', which is no number in JSON: numbers are finite", 1, 7),
                of("{\"a\":True}", "'True', where JSON has true, false and null", 1, 6),
                of("{\"a\":None}", "'None', where JSON has true, false and null", 1, 6),
                of("{\"a\":undefined}", "'undefined', where JSON has true, false and null", 1, 6),
                of("{\"a\":red apple}", "the word 'red' without double quotes", 1, 6),
                of("// note\n{}", "a comment, which JSON does not have", 1, 1),
                of("{\"a\":1, /* note */ \"b\":2}", "a comment, which JSON does not have", 1, 9),
                of("{\"a\":1}\n# note", "a comment, which JSON does not have", 2, 1),
                of("{\"a\" // note\n:1}", "a comment, which JSON does not have", 1, 6),
                of("[1 // note\n]", "a comment, which JSON does not have", 1, 4),
                of("{'a':1}", "''', where JSON has double quotes", 1, 2),
                of("{\"a\":'b'}", "''', where JSON has double quotes", 1, 6),
                of("{\"a\":`b`}", "'`', where JSON has double quotes", 1, 6),
                of("{\u201ca\u201d:1}", "'\u201c', where JSON has straight double quotes", 1, 2),
                of("{\"a\":\u201eb\u201c}", "'\u201e', where JSON has straight double quotes", 1, 6),
                of("{a:1}", "the name 'a' without double quotes", 1, 2),
                of("{1:1}", "the name '1' without double quotes", 1, 2),
                of("{:1}", "':', where a name in double quotes belongs", 1, 2),
                of("{\"a\":1,}", "a comma after the last value", 1, 7),
                of("[1,\n2 ,\n]", "a comma after the last value", 2, 3),
                of("[,1]", "',', where a value belongs", 1, 2),
                of("[1,,2]", "',', where a value belongs", 1, 4),
                of("{\"a\":}", "'}', where a value belongs", 1, 6),
                of("{\"a\"}", "'}', where a colon belongs", 1, 5),
                of("{\"a\"=1}", "'=', where a colon belongs", 1, 5),
                of("{\"a\":1 \"b\":2}", "'\"', where a comma or '}' belongs", 1, 8),
                of("[1 2]", "'2', where a comma or ']' belongs", 1, 4),
                of("[1}", "'}', where a comma or ']' belongs", 1, 3),
                of("{\"a\":1]", "']', where a comma or '}' belongs", 1, 7),
                of("{} {}", "more after the end of the JSON value", 1, 4),
                of("{}}", "more after the end of the JSON value", 1, 3),
                of("{\"a\":\"b\nc\"}", "a line break in a string, which is written as \\n", 1, 8),
                of("{\"a\":\"\tb\"}", "a tab in a string, which is written as \\t", 1, 7),
                of("[\"\u0001\"]", "the control character U+0001 in a string, which is written as \\u0001", 1, 3),
                of("[\"C:\\images\"]", "a backslash in a string, which is written as \\\\", 1, 5),
                of("[\"\\u12g4\"]", "\\u without four hexadecimal digits", 1, 3),
                of("[\"\\u12\"]", "\\u without four hexadecimal digits", 1, 3),
                of("[007]", "the number '007' with a leading zero", 1, 2),
                of("[-01]", "the number '-01' with a leading zero", 1, 2),
                of("[+1]", "the number '+1' with a plus sign", 1, 2),
                of("[.5]", "'.5', which is no number in JSON", 1, 2),
                of("[1.]", "'1.', which is no number in JSON", 1, 2),
                of("[1e]", "'1e', which is no number in JSON", 1, 2),
                of("[0x1F]", "'0x1F', which is no number in JSON", 1, 2),
                of("[1_000]", "'1_000', which is no number in JSON", 1, 2),
                of("[-]", "'-', which is no number in JSON", 1, 2),
                of("[\u0665]", "the word '\u0665' without double quotes", 1, 2),
                of("[1234567890123]", "a number of more than 12 characters", 1, 2),
                of("{\"a\":1,\n \"a\":2}", "the name 'a' for the second time in one object", 2, 2),
                of("[{\"a\":1,\"\\u0061\":2}]", "the name 'a' for the second time in one object", 1, 9),
                of("[".repeat(9) + "]".repeat(9), "more than 8 levels of nesting", 1, 9),
                of("{\"a\":\u00a01}", "the character U+00A0, where a value belongs", 1, 6),
                of("[1;2]", "';', where a comma or ']' belongs", 1, 3),
                of("[\"\ud83c\udf4e\" x]", "'x', where a comma or ']' belongs", 1, 6),
                of("\uFEFF{\"a\":x}", "the word 'x' without double quotes", 1, 6),
                of("<html>", "'<', where a value belongs", 1, 1));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void areSaidInPlainWordsWithTheirPlace(String text, String what, int line, int column) {
        assertThat(JsonFault.of(text, LIMITS)).isEqualTo(new JsonFault(what, line, column));
        assertThat(JsonFault.of(text.getBytes(StandardCharsets.UTF_8), LIMITS))
                .isEqualTo(new JsonFault(what, line, column));
    }

    @Test
    void wrongBytesHaveAPlace() {
        for (byte[] wrong : new byte[][] {
            {(byte) 0xff}, {(byte) 0xc3, '('}, {(byte) 0xe2, (byte) 0x82}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}
        }) {
            byte[] text = "{\"ä\":\n \"🍎X\"}".getBytes(StandardCharsets.UTF_8);
            int at = text.length - 3;
            byte[] all = new byte[text.length + wrong.length];
            System.arraycopy(text, 0, all, 0, at);
            System.arraycopy(wrong, 0, all, at, wrong.length);
            System.arraycopy(text, at, all, at + wrong.length, text.length - at);
            assertThat(JsonFault.of(all)).isEqualTo(new JsonFault("bytes that are not UTF-8", 2, 4));
        }
        assertThat(JsonFault.of(new byte[] {'[', (byte) 0xc3}))
                .isEqualTo(new JsonFault("bytes that are not UTF-8", 1, 2));
    }

    @Test
    void longWordsAreShortened() {
        assertThat(JsonFault.of("[" + "x".repeat(100_000)).what()).hasSizeLessThan(200);
        assertThat(JsonFault.of("{\"" + "x".repeat(100_000) + "\":1,\"" + "x".repeat(100_000) + "\":1}", LIMITS)
                        .what())
                .hasSizeLessThan(200);
    }

    /** Whatever the parser refuses has a fault of its own, and what it takes has none. */
    @Test
    void agreesWithTheParser() {
        var parser = JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(LIMITS.deepest())
                                .maxNumberLength(LIMITS.longestNumber())
                                .build())
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
        long seed = Long.getLong("sjd4j.seed", 20261127);
        var random = new Random(seed);
        String good = "{\"a\":[1,-0.5e+3,\"b\\n\\u00e4\",true,null,{}],\"b\":{\"c\":[],\"d\":0}}";
        int refused = 0;
        for (int i = 0; i < 50_000; i++) {
            var text = new StringBuilder(good);
            for (int edit = 1 + random.nextInt(4); edit > 0; edit--) {
                int at = random.nextInt(text.length());
                char c = SIGNS.charAt(random.nextInt(SIGNS.length()));
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, c);
                    case 1 -> text.insert(at, c);
                    default -> text.deleteCharAt(at);
                }
            }
            String shown = "seed %s: %s".formatted(seed, text);
            var fault = JsonFault.of(text.toString(), LIMITS);
            String bare = text.charAt(0) == '\uFEFF' ? text.substring(1) : text.toString();
            try {
                if (!parser.readTree(bare).isMissingNode()) {
                    assertThat(fault.what()).as(shown).isEqualTo(NO_JSON);
                }
            } catch (JacksonException e) {
                refused++;
                assertThat(fault.what()).as(shown).isNotEqualTo(NO_JSON).doesNotContain("Feature", "Json", "token");
            }
        }
        assertThat(refused).as("seed %d", seed).isGreaterThan(20_000);
    }

    @Test
    void filesSayWhyTheyAreNotRead(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("config.json");
        Files.writeString(file, "{\"hidden_size\": 64,\n \"eps\": NaN}");
        assertThatThrownBy(() -> JsonConfig.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll("config.json", "'NaN', which is no number in JSON", "line 2, column 9")
                .hasMessageNotContaining("Feature");
        Files.write(file, new byte[] {'{', (byte) 0xff, '}'});
        assertThatThrownBy(() -> JsonConfig.read(file))
                .hasMessageContaining("line 1, which has the byte 0xff, which is no UTF-8");
        Files.writeString(file, "\uFEFF{\"hidden_size\": 64}");
        assertThat(JsonConfig.read(file).count("hidden_size")).isEqualTo(64);
        assertThatThrownBy(() -> JsonConfig.read(directory.resolve("none.json")))
                .hasMessageContaining("none.json");
        assertThatThrownBy(() -> JsonFile.read(directory.resolve("none.json"), "a list", "name another file"))
                .hasMessageContaining("none.json: found no such file; expected a list; check the path");
    }
}
