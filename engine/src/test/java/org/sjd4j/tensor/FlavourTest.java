package org.sjd4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** Native builds on the class path, and what a machine lacks for them. */
class FlavourTest {
    private static final String CPU = "org/bytedeco/pytorch/linux-x86_64/libjnitorch.so";
    private static final String CUDA = "org/bytedeco/pytorch/linux-x86_64-gpu/libjnitorch.so";

    private static Flavour of(String... resources) {
        return Flavour.of("linux-x86_64", Set.of(resources)::contains);
    }

    @Test
    void isTheOneThatIsThere() {
        assertThat(of(CPU)).isEqualTo(Flavour.CPU);
        assertThat(of(CUDA)).isEqualTo(Flavour.CUDA);
        assertThat(Flavour.current()).isEqualTo(Flavour.CPU);
    }

    @Test
    void bothAreRefused() {
        assertThatThrownBy(() -> of(CPU, CUDA))
                .isInstanceOf(NativeBuildException.class)
                .hasMessageContaining("both native builds")
                .hasMessageContaining("leave out the artifact sjd4j-platform-cpu or sjd4j-platform-cuda");
    }

    @Test
    void noneIsRefused() {
        assertThatThrownBy(FlavourTest::of)
                .isInstanceOf(NativeBuildException.class)
                .hasMessageContaining("add the artifact sjd4j-platform-cpu");
    }

    @Test
    void theExactLibraryThatIsMissingIsNamed() {
        assertThat(CudaLibraries.missing(file -> !file.matches("libcudnn_(ops|cnn).*|libnccl.*")))
                .containsExactly("cuDNN 9 (libcudnn_ops.so.9, libcudnn_cnn.so.9)", "NCCL 2 (libnccl.so.2)");
        assertThat(CudaLibraries.missing(_ -> true)).isEmpty();
        assertThat(CudaLibraries.missing(_ -> false)).hasSize(3);
    }

    @Test
    void theBuildForCpusHasNoGpu() {
        assertThatThrownBy(() -> LibTorch.device(ComputeDevice.CUDA))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("finds no CUDA device")
                .hasMessageContaining("sjd4j-platform-cuda");
    }
}
