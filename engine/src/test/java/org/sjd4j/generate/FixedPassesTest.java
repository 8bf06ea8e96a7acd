package org.sjd4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntBinaryOperator;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.Numeric;
import org.sjd4j.api.Families;
import org.sjd4j.api.TinyGeneration;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.Decoded;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Decoding;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;

/** What a GPU does in passes of fixed shapes, on the CPU: it must say what passes of just the rows of a window say. */
@Numeric
class FixedPassesTest {
    /** Top-k, top-p, both, neither; logits of which all or only the largest leave the device. */
    private static final List<Sampling> SAMPLINGS = List.of(
            new Sampling(2.5, 1, 40, 0.95),
            new Sampling(3, 0.8, 5, 1),
            new Sampling(2, 1.1, 0, 0.7),
            new Sampling(0.5, 1, 0, 1),
            Sampling.PLAIN,
            new Sampling(1, 1, 3, 1));

    /** So few that they often do not tell a row, which is fetched whole then. */
    private static final IntBinaryOperator SOME = (_, ids) -> Math.min(ids, 16);

    private static final IntBinaryOperator ALL = (_, _) -> 0;

    @BeforeAll
    static void load() {
        LibTorch.load();
        LibTorch.setThreads(1);
    }

    private static Stream<String> families() {
        return Stream.of(
                "tiny-lumina-mgpt", "tiny-emu3-gen", "tiny-janus-pro", "tiny-janus-pro-hf", "tiny-llamagen-t2i");
    }

    /** What is done with a model and what reads noise for it. */
    @FunctionalInterface
    private interface Use {
        void of(TinyGeneration model, Proposals proposals);
    }

    private static void with(String family, Precision precision, Use use) {
        torch.manual_seed(5);
        var description =
                (PublishedDescription<?>) Families.describe(Fixtures.folder().resolve(family));
        try (var checkpoint = MappedCheckpoint.open(description.weightsFile());
                var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var model = TinyGeneration.of(description, checkpoint, precision);
            use.of(model, TinyGeneration.proposals(model.network(), precision));
        }
    }

    /** Windows that fill and exceed the rows of a pass; narrower ones come at the end of every image. */
    @ParameterizedTest
    @MethodSource("families")
    void everyDecoderGeneratesWhatItGeneratesInPassesOfItsWindow(String family) {
        with(family, Precision.FLOAT32, (model, proposals) -> {
            int seed = 0;
            for (Decoder decoder : Decoders.all()) {
                for (int window : decoder == Decoders.AR ? new int[] {1} : new int[] {8, 19}) {
                    Sampling sampling = SAMPLINGS.get(seed % SAMPLINGS.size());
                    // of the largest logits alone, a neighbour head makes another proposal
                    IntBinaryOperator few = seed % 2 == 0 && !decoder.correctsRows() ? SOME : ALL;
                    var expected = generate(model, proposals, decoder, window, sampling, seed, null);
                    try (var passes = new FixedPasses(8, few)) {
                        var found = generate(model, proposals, decoder, window, sampling, seed, passes);
                        assertThat(found.tokens())
                                .as("%s, window %d, %s, seed %d", decoder.name(), window, sampling, seed)
                                .isEqualTo(expected.tokens());
                        assertThat(found.statistics().steps())
                                .isEqualTo(expected.statistics().steps());
                    }
                    seed++;
                }
            }
        });
    }

    /** Also bfloat16 and int8, whose rounding follows the number of rows. */
    @ParameterizedTest
    @MethodSource("families")
    void everyDtypeIsSeedExact(String family) {
        for (Precision precision : Precision.values()) {
            with(family, precision, (model, proposals) -> {
                try (var passes = new FixedPasses(8, SOME)) {
                    for (int seed = 0; seed < 6; seed++) {
                        Sampling sampling = SAMPLINGS.get(seed);
                        int[] ar = generate(model, proposals, Decoders.AR, 1, sampling, seed, passes)
                                .tokens();
                        for (Decoder decoder : List.of(Decoders.SJD_EXACT, Decoders.SJD2_EXACT)) {
                            assertThat(generate(model, proposals, decoder, 7, sampling, seed, passes)
                                            .tokens())
                                    .as("%s, %s, %s, seed %d", precision, decoder.name(), sampling, seed)
                                    .isEqualTo(ar);
                        }
                    }
                }
            });
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void everySamplingGivesTheSameTokens(String family) {
        with(family, Precision.FLOAT32, (model, proposals) -> {
            for (IntBinaryOperator few : List.of(SOME, ALL)) {
                try (var passes = new FixedPasses(6, few)) {
                    for (int seed = 0; seed < 2 * SAMPLINGS.size(); seed++) {
                        Sampling sampling = SAMPLINGS.get(seed % SAMPLINGS.size());
                        for (Decoder decoder : List.of(Decoders.AR, Decoders.SJD2_EXACT)) {
                            assertThat(generate(model, proposals, decoder, 6, sampling, seed, passes)
                                            .tokens())
                                    .as("%s, %s, seed %d, all %s", decoder.name(), sampling, seed, few == ALL)
                                    .isEqualTo(generate(model, proposals, decoder, 6, sampling, seed, null)
                                            .tokens());
                        }
                    }
                }
            }
        });
    }

    private static Decoded generate(
            TinyGeneration model,
            Proposals proposals,
            Decoder decoder,
            int window,
            Sampling sampling,
            long seed,
            @Nullable FixedPasses passes) {
        try (var session = model.begin(proposals, sampling)) {
            if (passes != null) {
                passes.admit(session);
            }
            return decoder.decode(session, TinyGeneration.settings(window, 2), seed, StepObserver.NONE);
        }
    }

    /** The same token at any place of a window, with anything behind it, gets the same bits. */
    @ParameterizedTest
    @MethodSource("families")
    void theBitsOfARowDoNotDependOnTheWindow(String family) {
        for (Precision precision : Precision.values()) {
            with(family, precision, (model, proposals) -> {
                var random = new Random(3);
                int length = model.layout().length();
                int[] tokens = new int[length];
                for (int i = 0; i < length; i++) {
                    int forced = model.layout().forcedAt(i);
                    tokens[i] = forced == Layout.NONE ? model.layout().firstImageId() + random.nextInt(8) : forced;
                }
                try (var passes = new FixedPasses(16, ALL)) {
                    var alone = new ArrayList<Distribution>();
                    try (var session = model.begin(proposals, SAMPLINGS.getFirst())) {
                        passes.admit(session);
                        for (int i = 0; i < length; i++) {
                            alone.add(session.step(i, List.of(Row.before(i, tokens)))[0]);
                        }
                    }
                    try (var session = model.begin(proposals, SAMPLINGS.getFirst())) {
                        passes.admit(session);
                        for (int i = 0; i < length; i++) {
                            int count = Math.min(1 + random.nextInt(16), length - i);
                            int right = 1 + random.nextInt(count);
                            Distribution[] p = session.step(i, rows(tokens, i, count, right));
                            for (int j = 0; j < right; j++) {
                                assertThat(p[j].totalVariation(alone.get(i + j)))
                                        .as("%s, position %d, row %d of %d", precision, i + j, j, count)
                                        .isZero();
                            }
                        }
                    }
                }
            });
        }
    }

    /** What predicts the tokens from a position on: {@code right} rows of the image, and wrong ones behind them. */
    private static List<Row> rows(int[] tokens, int position, int count, int right) {
        var rows = new ArrayList<Row>();
        for (int i = 0; i < count; i++) {
            rows.add(i < right ? Row.before(position + i, tokens) : new Row.Token(tokens[0]));
        }
        return rows;
    }

    /** An image among others. */
    private record Member(ImageSession session, Decoding decoding, Sampling sampling, Decoder decoder, long seed) {}

    /** Images with other samplings and decoders come and go, and all stand at other positions. */
    @ParameterizedTest
    @MethodSource("families")
    void imagesThatShareAPassGetTheirOwnTokens(String family) {
        with(family, Precision.FLOAT32, (model, proposals) -> {
            var random = new Random(11);
            var decoders = List.of(Decoders.AR, Decoders.SJD_EXACT, Decoders.SJD2_EXACT);
            try (var passes = new FixedPasses(24, SOME)) {
                var members = new ArrayList<Member>();
                int begun = 0;
                int finished = 0;
                while (finished < 9) {
                    if (begun < 9 && members.size() < 5 && (members.isEmpty() || random.nextInt(3) == 0)) {
                        Sampling sampling = SAMPLINGS.get(begun % SAMPLINGS.size());
                        Decoder decoder = decoders.get(begun % 3);
                        var session = model.begin(proposals, sampling);
                        passes.admit(session);
                        var decoding = decoder.start(session, TinyGeneration.settings(6, 1), begun);
                        members.add(new Member(session, decoding, sampling, decoder, begun++));
                    }
                    finished += step(model, proposals, passes, members);
                }
            }
        });
    }

    private static int step(TinyGeneration model, Proposals proposals, FixedPasses passes, List<Member> members) {
        var parts = members.stream()
                .map(member -> new SharedPass.Part(member.session, member.decoding.position(), member.decoding.rows()))
                .toList();
        PassLogits logits = passes.run(parts);
        for (int i = 0; i < parts.size(); i++) {
            members.get(i).decoding.advance(logits.distributions(i));
        }
        var done = members.stream().filter(member -> member.decoding.done()).toList();
        for (Member member : done) {
            member.session.close();
            assertThat(member.decoding.decoded().tokens())
                    .as("%s, %s, seed %d", member.decoder.name(), member.sampling, member.seed)
                    .isEqualTo(generate(model, proposals, Decoders.AR, 1, member.sampling, member.seed, null)
                            .tokens());
        }
        members.removeAll(done);
        return done.size();
    }

    @Test
    void freesWhatItTook() {
        with("tiny-emu3-gen", Precision.FLOAT32, (model, proposals) -> {
            generateAll(model, proposals, true);
            long alone = generateAll(model, proposals, false);
            assertThat(generateAll(model, proposals, true))
                    .as("native objects that stay, against those of sessions alone")
                    .isEqualTo(alone);
        });
    }

    /** Returns how many native objects stay: those that the test itself makes. */
    private static long generateAll(TinyGeneration model, Proposals proposals, boolean fixed) {
        long before = Pointer.totalCount();
        for (IntBinaryOperator few : List.of(SOME, ALL)) {
            try (var passes = new FixedPasses(8, few)) {
                for (Sampling sampling : List.of(Sampling.PLAIN, SAMPLINGS.getFirst())) {
                    generate(model, proposals, Decoders.SJD2_EXACT, 8, sampling, 1, fixed ? passes : null);
                }
            }
        }
        return Pointer.totalCount() - before;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -3})
    void aPassHasRows(int rows) {
        assertThatThrownBy(() -> new FixedPasses(rows).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a pass needs at least 1 row, found " + rows);
    }

    @Test
    void rowsAreDividedAmongPowersOfTwo() {
        try (var passes = new FixedPasses(64)) {
            assertThat(Stream.of(1, 2, 3, 4, 5, 8, 9, 100).map(passes::width))
                    .containsExactly(64, 32, 16, 16, 8, 8, 4, 1);
        }
    }
}
