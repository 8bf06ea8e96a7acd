package org.sjd4j.spark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.sjd4j.image.Alpha;
import org.sjd4j.image.ImageFiles;
import org.sjd4j.tensor.CheckpointException;

class ClusterTest {
    @Test
    void theInnermostFailureIsTold() {
        var task = new SparkException(
                "Job aborted", new IllegalStateException("a task", new IOException("disk full\nat")));
        assertThat(Cluster.reason(task)).isEqualTo("disk full");
    }

    @Test
    void aFailureThatNamesItsFileIsToldInstead() {
        byte[] cut = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0};
        var broken = catchThrowable(() -> ImageFiles.decode(cut, "cats/tom.png", Alpha.DROPPED));
        assertThat(broken).hasCauseInstanceOf(IOException.class);
        assertThat(Cluster.reason(new SparkException("Job aborted", broken)))
                .startsWith("cats/tom.png should be an image");
        var model = new CheckpointException("a.pt", "nothing", "weights", "fetch it", new IOException("end of file"));
        assertThat(Cluster.reason(new SparkException("Job aborted", model))).startsWith("a.pt: found nothing");
    }
}
