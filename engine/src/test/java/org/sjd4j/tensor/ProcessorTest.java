package org.sjd4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProcessorTest {
    @Test
    void knowsWhatItsFlagsSay() {
        var desktop = new Processor(
                Processor.flags(List.of("CPU\t: 0", "flags\t\t: fpu fma f16c avx avx2", "flags\t\t: avx512_bf16")));
        assertThat(desktop.readsFloat16()).isTrue();
        assertThat(desktop.multipliesBfloat16()).isFalse();
        assertThat(new Processor(Set.of("amx_bf16")).multipliesBfloat16()).isTrue();
    }

    @Test
    void whereTheSystemTellsNothingItIsNothing() {
        var unknown = new Processor(Processor.flags(List.of()));
        assertThat(unknown.readsFloat16()).isFalse();
        assertThat(unknown.multipliesBfloat16()).isFalse();
    }
}
