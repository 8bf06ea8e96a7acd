package org.sjd4j.evaluation.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.evaluation.run.Trajectory.State.ACCEPTED;
import static org.sjd4j.evaluation.run.Trajectory.State.AHEAD;
import static org.sjd4j.evaluation.run.Trajectory.State.RIGHT_DRAFT;
import static org.sjd4j.evaluation.run.Trajectory.State.WRONG_DRAFT;

import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.evaluation.DecoderChoice;

class TrajectoryTest {
    private static Trajectory recorded() {
        var recorder = new Trajectory.Recorder();
        recorder.afterStep(0, 1, new int[] {5, 6, 0});
        recorder.afterStep(1, 3, new int[] {5, 6, 7, 0, 9});
        recorder.afterStep(2, 5, new int[] {5, 6, 7, 8, 9});
        return recorder.trajectory(new int[] {5, 6, 7, 8, 9});
    }

    private static Trajectory.State[] states(Trajectory trajectory, int step) {
        return IntStream.range(0, trajectory.tokens().length)
                .mapToObj(position -> trajectory.state(step, position))
                .toArray(Trajectory.State[]::new);
    }

    @Test
    void aPositionIsAheadThenADraftThenAccepted() {
        var trajectory = recorded();
        assertThat(states(trajectory, 0)).containsExactly(ACCEPTED, RIGHT_DRAFT, WRONG_DRAFT, AHEAD, AHEAD);
        assertThat(states(trajectory, 1)).containsExactly(ACCEPTED, ACCEPTED, ACCEPTED, WRONG_DRAFT, RIGHT_DRAFT);
        assertThat(states(trajectory, 2)).containsOnly(ACCEPTED);
    }

    @Test
    void whatIsWrittenCanBeRead(@TempDir Path root) {
        var choice = new DecoderChoice(Decoders.SJD_EXACT, DecoderSettings.DEFAULT);
        assertThat(Trajectory.read(root, choice)).isNull();
        var written = recorded();
        written.write(Trajectory.file(root, choice));
        assertThat(Trajectory.read(root, choice)).usingRecursiveComparison().isEqualTo(written);
    }
}
