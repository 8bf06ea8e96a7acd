package org.sjd4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.api.Families;
import org.sjd4j.api.TinyGeneration;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.decode.sampling.RowProcessor;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;

/** Rows that a session corrects by its neighbour head against the head itself over the hidden states, in passes of every kind. */
class CorrectedRowsTest {
    private static final List<Sampling> SAMPLINGS =
            List.of(new Sampling(2.5, 0.7, 0, 1), new Sampling(1, 1, 12, 1), new Sampling(3, 1, 0, 0.9));
    private static final int ROWS = 7;

    @BeforeAll
    static void oneThread() {
        LibTorch.load();
        LibTorch.setThreads(1);
    }

    static Stream<String> families() {
        return TinyGeneration.checkpoints().stream();
    }

    @ParameterizedTest
    @MethodSource("families")
    void rowsAreCorrectedByTheHead(String family) {
        torch.manual_seed(5);
        var description =
                (PublishedDescription<?>) Families.describe(Fixtures.folder().resolve(family));
        try (var checkpoint = MappedCheckpoint.open(description.weightsFile());
                var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var model = TinyGeneration.of(description, checkpoint, Precision.FLOAT32);
            var proposals = TinyGeneration.proposals(model.network(), Precision.FLOAT32);
            for (Sampling sampling : SAMPLINGS) {
                compare(model, proposals, sampling);
            }
            try (var plain = model.begin(Proposals.NONE, SAMPLINGS.getFirst())) {
                assertThat(plain.correctsRows()).isFalse();
                assertThatThrownBy(() -> plain.corrected(1, new Row.Start(), 3, Layout.NONE))
                        .isInstanceOf(UnsupportedOperationException.class);
            }
        }
    }

    private static void compare(TinyGeneration model, Proposals proposals, Sampling sampling) {
        NeighbourHead head = Objects.requireNonNull(proposals.neighbour());
        int position = 1;
        while (model.layout().forcedAt(position - 1) != Layout.NONE
                || model.layout().forcedAt(position) != Layout.NONE) {
            position++;
        }
        var random = new Random(9);
        int first = model.layout().firstImageId();
        var rows = new ArrayList<Row>();
        for (int i = 0; i < ROWS; i++) {
            rows.add(new Row.Token(first + random.nextInt(8)));
        }
        var hidden = new Tensor[1];
        try (var session = model.begin(proposals, sampling)) {
            session.step(0, start(model, position));
            session.step(position, rows, normed -> hidden[0] = Tensors.detached(normed));
        }
        try (var session = model.begin(proposals, sampling);
                var narrow = model.begin(proposals, sampling);
                var wide = model.begin(proposals, sampling);
                var fewRows = new FixedPasses(4, (_, _) -> 0);
                var manyRows = new FixedPasses(16, (_, ids) -> ids - 1)) {
            fewRows.admit(narrow);
            manyRows.admit(wide);
            for (var each : List.of(session, narrow, wide)) {
                each.step(0, start(model, position));
                each.step(position, rows);
            }
            for (int i = 0; i < ROWS; i++) {
                int at = position + i;
                if (model.layout().forcedAt(at) != Layout.NONE) {
                    continue;
                }
                int left = first + random.nextInt(8);
                int above = i % 3 == 0 ? Layout.NONE : first + random.nextInt(8);
                Row read = i % 4 == 3 ? new Row.Noisy(new float[1], 1) : rows.get(i);
                Distribution expected = expected(model, head, sampling, hidden[0], i, at, read, left, above);
                for (var each : List.of(session, narrow)) {
                    assertThat(each.corrected(at, read, left, above).totalVariation(expected))
                            .as("row %d", i)
                            .isLessThan(1e-4);
                }
                // over all logits but the smallest, which stays out whatever the head thinks of it
                assertThat(wide.corrected(at, read, left, above).size())
                        .isLessThan(model.layout().codebookSize());
            }
        }
        hidden[0].close();
    }

    private static List<Row> start(TinyGeneration model, int position) {
        var rows = new ArrayList<Row>();
        int[] tokens = new int[position];
        for (int i = 0; i < position; i++) {
            int forced = model.layout().forcedAt(i);
            tokens[i] = forced == Layout.NONE ? model.layout().firstImageId() : forced;
            rows.add(Row.before(i, tokens));
        }
        return rows;
    }

    private static Distribution expected(
            TinyGeneration model,
            NeighbourHead head,
            Sampling sampling,
            Tensor hidden,
            int row,
            int position,
            Row read,
            int left,
            int above) {
        int first = model.layout().firstImageId();
        Tensor with = hidden.select(0, 0).narrow(0, row, 1);
        Tensor without = hidden.select(0, hidden.size(0) - 1).narrow(0, row, 1);
        Tensor conditional = model.network().logits(with).to(ScalarType.Float);
        Tensor unconditional = model.network().logits(without).to(ScalarType.Float);
        Tensor guided = unconditional.add(conditional.sub(unconditional).mul(new Scalar(sampling.guidanceScale())));
        Tensor corrected = head.corrected(
                guided,
                with,
                without,
                vector(read instanceof Row.Token(int id) ? id - first : head.noise()),
                vector(left - first),
                vector(above == Layout.NONE ? head.nothingAbove() : above - first));
        float[] logits = Tensors.floats(corrected.div(new Scalar(sampling.temperature())));
        return new RowProcessor(model.layout(), sampling).processGuided(position, logits, 0);
    }

    private static Tensor vector(int value) {
        return Tensors.of(new int[] {value}, 1);
    }
}
