package org.sjd4j.server.jobs;

import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Recipe;

/**
 * An image that was accepted to be generated, as the database keeps it.
 *
 * @param id names it; ids of later jobs are larger
 * @param client who asked
 * @param createdMillis since 1970
 * @param endedMillis since 1970, or nothing if it has not ended
 * @param state where it stands
 * @param recipe what to generate, and how
 * @param result what came of it, once it is finished
 * @param error why it failed, if it did
 * @param attempts how often it was begun
 * @param steps that were made when it ended without an image, or nothing
 * @param deadlineMillis since 1970, after which it is given up, or nothing
 */
record Job(
        String id,
        String client,
        long createdMillis,
        @Nullable Long endedMillis,
        State state,
        Recipe recipe,
        @Nullable Result result,
        @Nullable String error,
        int attempts,
        @Nullable Integer steps,
        @Nullable Long deadlineMillis) {

    /** A job that nobody has begun. */
    static Job queued(String id, String client, long createdMillis, Recipe recipe, @Nullable Long deadlineMillis) {
        return new Job(id, client, createdMillis, null, State.QUEUED, recipe, null, null, 0, null, deadlineMillis);
    }

    /** Where a job stands; what is neither queued nor running has ended. */
    enum State {
        QUEUED,
        RUNNING,
        FINISHED,
        FAILED,
        CANCELLED;

        String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        boolean ended() {
            return this != QUEUED && this != RUNNING;
        }
    }

    /**
     * The figures of a finished image.
     *
     * @param autoregressionSeconds what plain autoregression would have taken, if that was known and the image shared no pass
     * @param tokensHash the same for images that are the same token for token
     */
    record Result(
            int steps,
            int tokens,
            double tokensPerStep,
            double seconds,
            int autoregressionSteps,
            @Nullable Double autoregressionSeconds,
            String tokensHash,
            java.util.List<String> unknownWords) {}
}
