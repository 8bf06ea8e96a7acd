package org.sjd4j.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.tensor.Fixtures;

/** Every tiny checkpoint gives the numbers of its official code. */
class ParityTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny-chameleon-34b-style",
                "tiny-chameleon-hf",
                "tiny-chameleon-vqgan",
                "tiny-chameleon-vqgan-ckpt",
                "tiny-emu3-gen",
                "tiny-emu3-gen-hf",
                "tiny-emu3-gen-hf-v452",
                "tiny-emu3-visiontokenizer",
                "tiny-janus-pro",
                "tiny-janus-pro-hf",
                "tiny-llamagen-t2i",
                "tiny-lumina-mgpt",
                "tiny-t5-encoder"
            })
    void checkpointsGiveTheOfficialNumbers(String name) {
        var checks = Parity.of(Fixtures.folder().resolve(name), null);
        checks.forEach(check ->
                System.out.printf("%s %s %.2g%n", check.passed() ? "ok  " : "FAIL", check.name(), check.error()));
        assertThat(checks)
                .isNotEmpty()
                .allSatisfy(
                        check -> assertThat(check.passed()).as(check.toString()).isTrue());
    }
}
