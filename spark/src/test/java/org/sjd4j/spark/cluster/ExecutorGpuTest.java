package org.sjd4j.spark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;

/** Which GPU an executor takes. */
class ExecutorGpuTest {
    private static Map<String, ResourceInformation> gpus(String... addresses) {
        return Map.of("gpu", new ResourceInformation("gpu", addresses));
    }

    @Test
    void isTheOneThatSparkAssigns() {
        assertThat(ExecutorProcess.gpu(gpus("3"))).isEqualTo(3);
        assertThat(ExecutorProcess.gpu(gpus("1", "2"))).isEqualTo(1);
    }

    @Test
    void isTheFirstWhereSparkAssignsNone() {
        assertThat(ExecutorProcess.gpu(Map.of())).isZero();
        assertThat(ExecutorProcess.gpu(gpus())).isZero();
        assertThat(ExecutorProcess.gpu(Map.of("fpga", new ResourceInformation("fpga", new String[] {"f1"}))))
                .isZero();
    }

    @Test
    void anAddressThatIsNoIndexIsRefused() {
        assertThatThrownBy(() -> ExecutorProcess.gpu(gpus("GPU-8932f937")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'GPU-8932f937'")
                .hasMessageContaining("discovery script");
    }
}
