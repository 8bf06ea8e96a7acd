package org.sjd4j.server.jobs;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.OptionalDouble;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Progress;
import org.sjd4j.server.generate.GenerationListener;
import org.sjd4j.server.generate.Leaving;
import org.sjd4j.server.generate.ServedModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of a job's image. It hears from a worker's thread, and leaves files and database to another one. */
final class JobListener implements GenerationListener {
    private static final Logger LOG = LoggerFactory.getLogger(JobListener.class);
    private static final String FAILED = "the image could not be generated; the log has more under %s";
    private static final String LATE = "the image was not finished in time";

    private final Job job;
    private final ServedModel model;
    private final LiveJob state;
    private final JobStore store;
    private final Executor finisher;
    private final Path file;
    private final Runnable forget;
    private boolean alone = true; // of its worker's thread

    /**
     * Listens.
     *
     * @param finisher does what takes time, one after the other
     * @param file for the image
     * @param forget is run when the job has ended, or is left to another process
     */
    JobListener(
            Job job, ServedModel model, LiveJob state, JobStore store, Executor finisher, Path file, Runnable forget) {
        this.job = job;
        this.model = model;
        this.state = state;
        this.store = store;
        this.finisher = finisher;
        this.file = file;
        this.forget = forget;
    }

    @Override
    public void started() {
        state.started();
        finisher.execute(() -> store.attempt(job.id(), 1));
    }

    @Override
    public void stepped(Progress progress) {
        alone &= !model.sharesPasses();
        state.stepped(progress);
    }

    @Override
    public void finished(GeneratedImage image) {
        var slow = alone
                ? model.autoregressionSeconds(job.recipe().request(), image)
                : OptionalDouble.empty(); // passes that others share take longer
        finisher.execute(() -> end(() -> {
            PngFile.write(file, image.image(), job.recipe());
            store.finish(job.id(), result(image, slow));
        }));
    }

    private static Job.Result result(GeneratedImage image, OptionalDouble slow) {
        int tokens = image.tokens().length;
        return new Job.Result(
                image.statistics().steps(),
                tokens,
                image.statistics().stepCompression(),
                image.timing().total(),
                tokens,
                slow.isPresent() ? Double.valueOf(slow.getAsDouble()) : null,
                hash(image.tokens()),
                image.unknownWords());
    }

    @Override
    public void failed(Throwable reason) {
        LOG.error("job {} failed", job.id(), reason);
        finisher.execute(() -> end(() -> giveUp(Job.State.FAILED, FAILED.formatted(job.id()))));
    }

    private void giveUp(Job.State how, @Nullable String error) {
        store.giveUp(job.id(), how, error, state.latest().step());
    }

    @Override
    public void left(Leaving why) {
        finisher.execute(
                switch (why) {
                    case ABANDONED -> this::leaveToTheNext;
                    case LATE -> () -> end(() -> giveUp(Job.State.FAILED, LATE));
                    case CANCELLED -> () -> end(() -> giveUp(Job.State.CANCELLED, null));
                });
    }

    /** The next process generates it; a clean stop is no failed attempt. */
    private void leaveToTheNext() {
        if (state.running()) {
            store.attempt(job.id(), -1);
        }
        forget.run();
    }

    private void end(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            LOG.error("the end of job {} could not be kept", job.id(), e);
            fail();
        } finally {
            forget.run();
        }
    }

    /** The image cannot be written, but perhaps that can. */
    private void fail() {
        try {
            giveUp(Job.State.FAILED, FAILED.formatted(job.id()));
        } catch (RuntimeException e) {
            LOG.error("job {} is generated again", job.id(), e);
        }
    }

    private static String hash(int[] tokens) {
        try {
            var bytes = ByteBuffer.allocate(Integer.BYTES * tokens.length);
            bytes.asIntBuffer().put(tokens);
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.array());
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
