package org.sjd4j.decode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sjd4j.decode.random.GumbelNoise;
import org.sjd4j.decode.random.PositionRandom;
import org.sjd4j.decode.random.Randomness;
import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Layout;

/**
 * The decode loop of one image as a state machine, so that a batcher can interleave several: give {@link #rows()} to
 * the model and its distributions to {@link #advance}, until {@link #done()}.
 *
 * <p>The window holds a slot for each distribution of a pass, and behind them those that a limit leaves out. Slot i stands at
 * {@code position() + i} and is verified by distribution i. The model reads the last accepted token and every slot but the last, because nothing after the last
 * slot needs it. With a window of one slot it reads no draft at all: that is autoregression.
 *
 * <p>Every call to {@link #advance} settles at least one position, also if it is still noisy, as the first slot's row
 * was computed on accepted tokens only.
 */
public final class Decoding {

    private final ImageModel model;
    private final KeptTokens kept;
    private final Layout layout;
    private final int begin;
    private final int end;
    private final boolean corrects;
    private final Refinement refinement;
    private final Acceptance acceptance;
    private final DecoderSettings settings;
    private final Denoiser denoiser;
    private final Randomness randomness;
    private final int[] imageIds;
    private final Distribution anyImageToken;

    private final int[] tokens;
    private int accepted;
    private int limit;
    private List<Row> read = List.of();
    private final List<Slot> window = new ArrayList<>();
    private Distribution lastImageRow;
    private final Statistics.Counter counter = new Statistics.Counter();

    /** @throws DecodingException if the decoder needs what the model cannot do */
    Decoding(
            ImageModel model,
            Decoder.Rows rows,
            Refinement refinement,
            Acceptance acceptance,
            DecoderSettings settings,
            long seed,
            KeptTokens kept) {
        kept.requireFor(model.layout(), model.length());
        this.model = model;
        this.kept = kept;
        this.layout = kept.in(model.layout());
        this.corrects = rows == Decoder.Rows.CORRECTED && settings.window() > 1;
        if (corrects && !model.correctsRows()) {
            throw new DecodingException(
                    "this decoder corrects rows for tokens that changed on their left, but the model has no"
                            + " neighbour head; train one (sjd train denoising --proposal neighbour), or choose a decoder without one"
                            + " such as sjd-exact");
        }
        this.refinement = refinement;
        this.acceptance = acceptance;
        this.settings = settings;
        this.denoiser = new Denoiser(model, settings.denoisingSteps());
        this.randomness = new Randomness(seed);
        this.imageIds = layout.imageIds();
        this.anyImageToken = Distribution.uniform(imageIds);
        this.lastImageRow = anyImageToken;
        this.tokens = new int[model.length()];
        this.limit = settings.window();
        boolean edit = kept.count() > 0;
        this.begin = edit ? firstChoice() : 0;
        this.end = edit ? endOfChoice() : tokens.length;
        acceptUntil(begin);
        if (begin > 0 && !done()) {
            model.read(Arrays.copyOf(tokens, begin));
        }
    }

    /** The first position at which a token is chosen. */
    private int firstChoice() {
        int position = 0;
        while (position < tokens.length && layout.forcedAt(position) != Layout.NONE) {
            position++;
        }
        return position;
    }

    /** The position from which on no token is chosen. */
    private int endOfChoice() {
        int position = tokens.length;
        while (position > 0 && layout.forcedAt(position - 1) != Layout.NONE) {
            position--;
        }
        return position;
    }

    /** Accepts tokens that are certain. */
    private void acceptUntil(int position) {
        for (; accepted < position; accepted++) {
            tokens[accepted] = layout.forcedAt(accepted);
        }
    }

    /** Whether all tokens are accepted. */
    public boolean done() {
        return accepted == tokens.length;
    }

    /** The image position that the first row predicts: the number of accepted tokens. */
    public int position() {
        return accepted;
    }

    /** What the model reads in the next pass: the last accepted token, then the drafts. Never empty unless {@link #done()}. */
    public List<Row> rows() {
        fillWindow();
        int count = Math.min(limit, window.size());
        List<Row> rows = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rows.add(i == 0 ? Row.before(accepted, tokens) : window.get(i - 1).row());
        }
        read = List.copyOf(rows);
        return read;
    }

    /**
     * One step: accepts what the distributions of {@link #rows()} verify, refines the other drafts and fills the window.
     *
     * @param distributions one for each row
     */
    public void advance(Distribution[] distributions) {
        if (done() || distributions.length != read.size()) {
            throw new IllegalArgumentException("expected %s distributions, one for each row, but found %s"
                    .formatted(read.size(), distributions.length));
        }
        Distribution[] p = certainWhereKept(distributions);
        int settled = acceptPrefix(p);
        counter.step(p.length, settled);
        window.subList(0, settled).clear();
        rememberLastImageRow(p);
        accepted += settled;
        for (int i = 0; i < p.length - settled; i++) {
            Distribution row = corrects ? corrected(i, read.get(settled + i), p[settled + i]) : p[settled + i];
            window.set(i, refine(window.get(i), row));
        }
        read = List.of();
        if (accepted >= end && !done()) { // what is certain to the end needs no pass
            acceptUntil(tokens.length);
            window.clear();
        }
    }

    /** The model knows nothing of kept tokens: it is not asked at their positions. */
    private Distribution[] certainWhereKept(Distribution[] p) {
        if (kept.count() == 0) {
            return p;
        }
        Distribution[] all = p.clone();
        for (int i = 0; i < p.length; i++) {
            int id = kept.at(accepted + i);
            all[i] = id == Layout.NONE ? p[i] : Distribution.oneHot(id);
        }
        return all;
    }

    /** Settles slots from the left for as long as their rows were computed on the truth. */
    private int acceptPrefix(Distribution[] p) {
        int settled = 0;
        boolean truth = true;
        while (truth && settled < p.length) {
            Slot slot = window.get(settled);
            Acceptance.Verdict verdict = acceptance.settle(slot.draft(), p[settled], slot.random());
            tokens[accepted + settled] = verdict.token();
            truth = verdict.kept() && slot.level() == 0; // the next row did not see this token if the slot was noisy
            settled++;
        }
        return settled;
    }

    /**
     * The row p of a slot, corrected if the token on its left is not the one that it read: that was just settled, or refined in
     * this very step.
     */
    private Distribution corrected(int slot, Row read, Distribution p) {
        int position = accepted + slot;
        int left = tokenAt(position - 1);
        boolean same = read instanceof Row.Token(int id) && id == left;
        if (same || layout.forcedAt(position) != Layout.NONE) {
            return p;
        }
        int above = layout.aboveNeighbour(position);
        return model.corrected(position, read, left, above == Layout.NONE ? Layout.NONE : tokenAt(above));
    }

    private Slot refine(Slot slot, Distribution p) {
        Draft draft = refinement.next(slot.draft(), p, slot.random());
        counter.refined(draft.token() != slot.draft().token());
        return switch (slot.row()) {
            case Row.Noisy noisy -> denoiser.step(noisy, draft, slot.level() - 1, slot.random());
            case Row.Token _, Row.Start _ -> Slot.clean(draft, slot.random());
        };
    }

    /** Rows that the window has without a limit. */
    public int widestWindow() {
        return settings.window();
    }

    /**
     * Limits the rows of the next passes, however wide the settings' window is: so that several images can share what the
     * hardware likes. Drafts beyond the limit stay as they are until it allows them again. The number may depend on what was
     * accepted, not on the tokens of drafts.
     *
     * @param rows at least 1
     */
    public void limitWindow(int rows) {
        if (rows < 1) {
            throw new IllegalArgumentException("a window needs at least 1 row, found " + rows);
        }
        limit = Math.min(rows, settings.window());
    }

    private void fillWindow() {
        int size = Math.min(limit, tokens.length - accepted);
        while (window.size() < size) {
            window.add(enter(accepted + window.size()));
        }
    }

    private Slot enter(int position) {
        GumbelNoise gumbel =
                new GumbelNoise(randomness, position, imageIds[0], imageIds[imageIds.length - 1] - imageIds[0] + 1);
        PositionRandom random = new PositionRandom(randomness, position, gumbel);
        int forced = layout.forcedAt(position);
        return forced != Layout.NONE
                ? Slot.clean(Draft.certain(forced), random)
                : denoiser.start(firstGuess(position, random), entryLevel(position), random);
    }

    private Draft firstGuess(int position, PositionRandom random) {
        Draft guess = new Draft(anyImageToken.sample(random.uniform()), anyImageToken);
        return switch (settings.initialisation()) {
            case RANDOM -> guess;
            case LEFT -> copyOf(layout.leftNeighbour(position), guess);
            case ABOVE -> copyOf(layout.aboveNeighbour(position), guess);
            case PREVIOUS -> refinement.next(guess, lastImageRow, random);
        };
    }

    private Draft copyOf(int neighbour, Draft otherwise) {
        return neighbour == Layout.NONE ? otherwise : Draft.certain(tokenAt(neighbour));
    }

    /** New positions enter as pure noise; the first window is a staircase up to it, lest all wait for the noise. */
    private int entryLevel(int position) {
        int steps = settings.denoisingSteps();
        if (counter.steps() > 0) {
            return steps;
        }
        int stair = Math.ceilDiv(steps * (position - begin), Math.max(1, settings.window() - 1));
        return Math.min(steps, Math.max(1, stair));
    }

    private void rememberLastImageRow(Distribution[] p) {
        for (int i = p.length - 1; i >= 0; i--) {
            if (layout.forcedAt(accepted + i) == Layout.NONE) {
                lastImageRow = p[i];
                return;
            }
        }
    }

    private int tokenAt(int position) {
        return position < accepted
                ? tokens[position]
                : window.get(position - accepted).draft().token();
    }

    /** The accepted tokens followed by the current drafts: the image as far as it is known or guessed. */
    public int[] preview() {
        fillWindow();
        int[] preview = Arrays.copyOf(tokens, accepted + window.size());
        for (int position = accepted; position < preview.length; position++) {
            preview[position] = tokenAt(position);
        }
        return preview;
    }

    /** The accepted tokens and the figures so far. */
    public Decoded decoded() {
        return new Decoded(Arrays.copyOf(tokens, accepted), counter.statistics());
    }
}
