package org.sjd4j.evaluation.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Json;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.io.TextFile;
import tools.jackson.core.JacksonException;

/**
 * How the tokens of one image came about.
 *
 * @param tokens in the end
 * @param steps from the first forward pass to the last
 */
@SuppressWarnings("ArrayRecordComponent") // a file's content, never compared
public record Trajectory(int[] tokens, List<Step> steps) {
    private static final String FOLDER = "trajectories";

    /**
     * The state after a forward pass.
     *
     * @param accepted tokens so far
     * @param drafts the tokens of the window after them; where a draft is noise, what it is nearest to
     */
    public record Step(int accepted, int[] drafts) {}

    /** What is known of a position after a forward pass. */
    public enum State {
        /** Its token will not change any more. */
        ACCEPTED,
        /** The window holds a draft, which happens to be the token that it gets in the end. */
        RIGHT_DRAFT,
        /** The window holds a draft of another token. */
        WRONG_DRAFT,
        /** The window has not come there yet. */
        AHEAD
    }

    /**
     * The state of a position after a forward pass.
     *
     * @param step index of the pass, from 0
     * @param position in raster order, from 0
     */
    public State state(int step, int position) {
        var after = steps.get(step);
        int draft = position - after.accepted();
        if (draft < 0) {
            return State.ACCEPTED;
        }
        if (draft >= after.drafts().length) {
            return State.AHEAD;
        }
        return after.drafts()[draft] == tokens[position] ? State.RIGHT_DRAFT : State.WRONG_DRAFT;
    }

    /** Records while an image is generated. */
    static final class Recorder implements StepObserver {
        private final List<Step> steps = new ArrayList<>();

        @Override
        public void afterStep(int step, int accepted, int[] tokens) {
            steps.add(new Step(accepted, Arrays.copyOfRange(tokens, accepted, tokens.length)));
        }

        Trajectory trajectory(int[] tokens) {
            return new Trajectory(tokens, List.copyOf(steps));
        }
    }

    /** Where the trajectory of a decoder's first image is. */
    static Path file(Path root, DecoderChoice choice) {
        return root.resolve(FOLDER).resolve(EvaluationPlan.Item.folder(choice) + ".json");
    }

    void write(Path file) {
        AtomicFile.write(file, Json.line(this).getBytes(StandardCharsets.UTF_8));
    }

    /** The trajectory of a decoder's first image in the directory of an evaluation, or nothing if there is none. */
    public static @Nullable Trajectory read(Path root, DecoderChoice choice) {
        Path file = file(root, choice);
        try {
            return Files.isRegularFile(file) ? Json.read(TextFile.read(file), Trajectory.class) : null;
        } catch (JacksonException e) {
            throw new EvaluationException(file + " is damaged: delete it, and the report goes without it", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
