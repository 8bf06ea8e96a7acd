package org.sjd4j.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.options.UserException;

class SeedsTest {
    @Test
    void seedsAreARangeOrASingleNumber() {
        assertThat(Seeds.of("7")).isEqualTo(new Seeds(7, 1));
        assertThat(Seeds.of("-1..2")).isEqualTo(new Seeds(-1, 4));
        assertThat(Seeds.of("9223372036854775807")).isEqualTo(new Seeds(Long.MAX_VALUE, 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "1..", "..2", "3..1", "1...3", "-9223372036854775808..9223372036854775807", "1..9999999"
            })
    void otherSeedsAreErrors(String text) {
        assertThatExceptionOfType(UserException.class)
                .isThrownBy(() -> Seeds.of(text))
                .withMessageContaining("write a number such as 7 or a range such as 1..8");
    }
}
