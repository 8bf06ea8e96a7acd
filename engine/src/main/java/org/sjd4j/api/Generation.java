package org.sjd4j.api;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import org.sjd4j.decode.Decoding;
import org.sjd4j.decode.KeptTokens;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.LoadedModel;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.generate.FixedPasses;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.generate.SharedPass;
import org.sjd4j.llama.SharedCache;

/** One image in the making, whose forward passes may be shared. All calls must come from the thread of one worker. */
final class Generation implements Progress, AutoCloseable {
    private final LoadedModel model;
    private final ModelDescription description;
    private final Request request;
    private final ImageSize size;
    private final long begin;
    private final ImageSession session;
    private final long prefilled;
    private final Decoding decoding;
    private int steps;
    private long advanceNanos;

    /**
     * Reads the prompt.
     *
     * @throws org.sjd4j.decode.sampling.DecodingException if the decoder needs what the model cannot do
     */
    Generation(LoadedModel model, ModelDescription description, Request request, ImageSize size) {
        this.model = model;
        this.description = description;
        this.request = request;
        this.size = size;
        begin = System.nanoTime();
        session = model.begin(request.prompt(), request.negativePrompt(), request.sampling(), size);
        prefilled = System.nanoTime();
        try {
            decoding = request.decoder().start(session, request.settings(), request.seed(), kept());
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    private KeptTokens kept() {
        Edit edit = request.edit();
        return edit == null ? KeptTokens.NONE : edit.kept(model.tokens(edit.image(), size));
    }

    /** Moves this image's keys and values to those of the images that it shares passes with. */
    void share(SharedCache shared) {
        session.share(shared);
    }

    /** Lets the passes of this image be of a fixed shape. */
    void share(FixedPasses fixed) {
        fixed.admit(session);
    }

    boolean done() {
        return decoding.done();
    }

    @Override
    public int steps() {
        return steps;
    }

    @Override
    public int accepted() {
        return decoding.position();
    }

    @Override
    public int length() {
        return session.length();
    }

    /** How many rows of the network a row of the window takes: two with guidance. */
    int branches() {
        return request.sampling().guided() ? 2 : 1;
    }

    /** Rows that the window has without a limit. */
    int widestWindow() {
        return decoding.widestWindow();
    }

    /** Lets the window have no more rows. */
    void limitWindow(int rows) {
        decoding.limitWindow(rows);
    }

    /** What the next pass reads. */
    SharedPass.Part part() {
        return new SharedPass.Part(session, decoding.position(), decoding.rows());
    }

    /** Takes the distributions of {@link #part}. */
    void advance(Distribution[] p) {
        long now = System.nanoTime();
        decoding.advance(p);
        advanceNanos += System.nanoTime() - now;
        steps++;
    }

    /** A pass of this image alone. */
    void step() {
        advance(session.step(decoding.position(), decoding.rows()));
    }

    @Override
    public int[] tokens() {
        return decoding.preview();
    }

    @Override
    public BufferedImage preview() {
        RasterLayout layout = description.layout(size);
        int[] known = tokens();
        int[] tokens = Arrays.copyOf(known, layout.length());
        for (int position = known.length; position < tokens.length; position++) {
            int forced = layout.forcedAt(position);
            int above = layout.aboveNeighbour(position);
            tokens[position] = forced != RasterLayout.NONE
                    ? forced
                    : above != RasterLayout.NONE ? tokens[above] : layout.firstImageId();
        }
        return edited(model.image(tokens, size));
    }

    private BufferedImage edited(BufferedImage generated) {
        Edit edit = request.edit();
        return edit == null ? generated : edit.applied(generated);
    }

    /** The finished image. */
    GeneratedImage image() {
        long done = System.nanoTime();
        double ownSeconds = (session.samplingNanos() + advanceNanos) / 1e9;
        var decoded = decoding.decoded();
        var image = edited(model.image(decoded.tokens(), size));
        long end = System.nanoTime();
        var timing = new GeneratedImage.Timing(
                (prefilled - begin) / 1e9,
                session.modelNanos() / 1e9,
                ownSeconds,
                (end - done) / 1e9,
                (end - begin) / 1e9);
        var notes = description.notes(request.prompt());
        return new GeneratedImage(
                image, decoded.tokens(), decoded.statistics(), timing, notes.unknown(), notes.dropped());
    }

    @Override
    public void close() {
        session.close();
    }
}
