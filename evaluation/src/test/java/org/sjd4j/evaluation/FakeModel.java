package org.sjd4j.evaluation;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.GeneratedImage.Timing;
import org.sjd4j.api.Request;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Statistics;
import org.sjd4j.decode.sampling.DecodingException;

/**
 * Makes up images of 12 tokens with made-up figures: autoregression takes 12 steps, the others fewer; seed-exact
 * decoders agree with it, others in a part of the tokens; noise is refused.
 */
public final class FakeModel implements Function<Request, GeneratedImage> {
    public static final int TOKENS = 12;

    /** What was asked for. */
    public final List<Request> requests = new ArrayList<>();

    @Override
    public GeneratedImage apply(Request request) {
        requests.add(request);
        if (request.decoder().denoises()) {
            throw new DecodingException("no <noise> here");
        }
        boolean ar = request.decoder() == Decoders.AR;
        int seed = Math.floorMod(request.prompt().hashCode() * 31L + request.seed(), 10_007);
        var random = new Random(seed);
        int[] tokens = random.ints(TOKENS, 0, 100).toArray();
        if (!ar && request.decoder() != Decoders.SJD_EXACT) {
            tokens[seed % TOKENS]++;
        }
        int[] accepted = ar ? random.ints(TOKENS, 1, 2).toArray() : new int[] {5, 1 + seed % 4, 6 - seed % 4};
        double model = ar ? 0.6 + 0.01 * (seed % 5) : 0.3 + 0.01 * (seed % 7);
        return new GeneratedImage(
                new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB),
                tokens,
                new Statistics(20, accepted, 10, ar ? 0 : seed % 10),
                new Timing(0.1, model, 0.05, 0.02, model + 0.17),
                List.of(),
                0);
    }
}
