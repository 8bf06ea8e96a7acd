package org.sjd4j.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Layout;

/** The loop itself: what is fed, what is counted, what is shown. */
class DecodingTest {

    private static final DecoderSettings SETTINGS = DecoderSettings.DEFAULT.withWindow(10);

    @Test
    void feedsTheLastAcceptedTokenAndTheDraftsAndShrinksAtTheEnd() {
        RasterModel model = RasterModel.plain();
        Decoding decoding = Decoders.SJD_COUPLED.start(model, SETTINGS, 3);
        Row last = new Row.Start();
        while (!decoding.done()) {
            List<Row> rows = decoding.rows();
            assertThat(rows).hasSize(Math.min(10, model.length() - decoding.position()));
            assertThat(rows.getFirst()).isEqualTo(last);
            int before = decoding.position();
            decoding.advance(model.step(before, rows));
            assertThat(decoding.position()).isGreaterThan(before);
            last = new Row.Token(decoding.preview()[decoding.position() - 1]);
        }
        assertThat(decoding.rows()).isEmpty();
        assertThat(decoding.decoded().tokens()).isEqualTo(decoding.preview());
    }

    @Test
    void countsWhatWasDone() {
        for (Decoder decoder : Decoders.all()) {
            RasterModel model = RasterModel.plain();
            Statistics statistics =
                    decoder.decode(model, SETTINGS, 1, StepObserver.NONE).statistics();
            List<Integer> rows = model.rowsPerStep();
            assertThat(statistics.steps()).isEqualTo(rows.size());
            assertThat(statistics.rows())
                    .isEqualTo(rows.stream().mapToInt(r -> r).sum());
            assertThat(Arrays.stream(statistics.acceptedPerStep()))
                    .allMatch(accepted -> accepted >= 1 && accepted <= 10);
            assertThat(Arrays.stream(statistics.acceptedPerStep()).sum()).isEqualTo(model.length());
            assertThat(statistics.refinedDrafts()).isEqualTo(statistics.rows() - model.length());
            assertThat(statistics.changedDrafts()).isBetween(0L, statistics.refinedDrafts());
            assertThat(statistics.stepCompression()).isEqualTo(model.length() / (double) rows.size());
        }
    }

    @Test
    void showsAcceptedTokensAndDraftsAfterEachStep() {
        RasterModel model = RasterModel.plain();
        List<int[]> shown = new ArrayList<>();
        List<Integer> accepted = new ArrayList<>();
        Decoded decoded = Decoders.SJD2.decode(model, SETTINGS, 1, (step, position, tokens) -> {
            shown.add(tokens);
            accepted.add(position);
            assertThat(step).isEqualTo(shown.size());
            assertThat(tokens).hasSize(Math.min(position + 10, model.length()));
            assertThat(Arrays.stream(tokens)).allMatch(id -> id >= 4 && id < 36);
        });
        assertThat(shown).hasSize(decoded.statistics().steps());
        for (int i = 0; i < shown.size(); i++) {
            assertThat(Arrays.copyOf(shown.get(i), accepted.get(i)))
                    .isEqualTo(Arrays.copyOf(decoded.tokens(), accepted.get(i)));
        }
    }

    @Test
    void feedsFiniteNoiseThatFallsWithEachPass() {
        RasterModel model = RasterModel.plain();
        Decoding decoding = Decoders.SJD2_COUPLED.start(model, SETTINGS.withDenoisingSteps(4), 3);
        int noisy = 0;
        while (!decoding.done()) {
            float level = 0;
            for (Row row : decoding.rows()) {
                if (row instanceof Row.Noisy(float[] z, float noiseLevel)) {
                    noisy++;
                    assertThat(noiseLevel).isBetween(level, 1f);
                    level = noiseLevel;
                    for (float number : z) {
                        assertThat(number).isFinite().isBetween(-10f, 10f);
                    }
                } else {
                    assertThat(level).as("the clean rows are a prefix").isZero();
                }
            }
            decoding.advance(model.step(decoding.position(), decoding.rows()));
        }
        assertThat(noisy).isGreaterThan(100);
    }

    @Test
    void imagesCanBeInterleaved() {
        List<RasterModel> models = List.of(RasterModel.plain(), RasterModel.plain());
        List<Decoding> decodings = List.of(
                Decoders.SJD2_COUPLED.start(models.get(0), SETTINGS, 1),
                Decoders.SJD.start(models.get(1), SETTINGS.withWindow(3), 2));
        while (!decodings.stream().allMatch(Decoding::done)) {
            for (int i = 0; i < 2; i++) {
                Decoding decoding = decodings.get(i);
                if (!decoding.done()) {
                    decoding.advance(models.get(i).step(decoding.position(), decoding.rows()));
                }
            }
        }
        assertThat(decodings.get(0).decoded().tokens())
                .isEqualTo(Decoders.SJD2_COUPLED
                        .decode(RasterModel.plain(), SETTINGS, 1, StepObserver.NONE)
                        .tokens());
        assertThat(decodings.get(1).decoded().tokens())
                .isEqualTo(Decoders.SJD
                        .decode(RasterModel.plain(), SETTINGS.withWindow(3), 2, StepObserver.NONE)
                        .tokens());
    }

    @Test
    void refusesAWrongNumberOfDistributions() {
        Decoding decoding = Decoders.SJD.start(RasterModel.plain(), SETTINGS, 1);
        assertThat(decoding.rows()).hasSize(10);
        assertThatThrownBy(() -> decoding.advance(new Distribution[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 10 distributions")
                .hasMessageContaining("found 3");
    }

    /** A model that reads tokens and nothing else. */
    private static class PlainModel implements ImageModel {
        final RasterModel model = RasterModel.plain();

        @Override
        public int length() {
            return model.length();
        }

        @Override
        public Layout layout() {
            return model.layout();
        }

        @Override
        public Distribution[] step(int position, List<Row> rows) {
            return model.step(position, rows);
        }
    }

    /** Writes down what its neighbour head is asked. */
    private static final class AskedModel extends PlainModel {
        private final List<Integer> asked = new ArrayList<>();
        private int position;
        private List<Row> rows = List.of();

        @Override
        public Distribution[] step(int position, List<Row> rows) {
            this.position = position;
            this.rows = rows;
            asked.clear();
            return super.step(position, rows);
        }

        @Override
        public boolean correctsRows() {
            return true;
        }

        @Override
        public Distribution corrected(int at, Row read, int left, int above) {
            assertThat(read).isSameAs(rows.get(at - position)).isNotEqualTo(new Row.Token(left));
            asked.add(at);
            return model.corrected(at, read, left, above);
        }
    }

    @Test
    void correctsRowsWhoseLeftNeighbourChangedFromLeftToRight() {
        for (long seed = 0; seed < 20; seed++) {
            var model = new AskedModel();
            var decoding = Decoders.SJD_NEIGHBOUR_EXACT.start(model, SETTINGS, seed);
            while (!decoding.done()) {
                var read = decoding.rows();
                decoding.advance(model.step(decoding.position(), read));
                int first = decoding.position();
                assertThat(model.asked).isSorted().doesNotHaveDuplicates();
                if (first < model.position + read.size()) { // the first one left was verified by the wrong token
                    assertThat(model.asked).startsWith(first);
                }
            }
        }
    }

    @Test
    void neighbourHeadsSaveSteps() {
        int plain = 0;
        int corrected = 0;
        int noisy = 0;
        int noisyCorrected = 0;
        for (long seed = 0; seed < 20; seed++) {
            plain += steps(Decoders.SJD_EXACT, seed);
            corrected += steps(Decoders.SJD_NEIGHBOUR_EXACT, seed);
            noisy += steps(Decoders.SJD2_EXACT, seed);
            noisyCorrected += steps(Decoders.SJD2_NEIGHBOUR_EXACT, seed);
        }
        assertThat(corrected).isLessThan(plain * 9 / 10);
        assertThat(noisyCorrected).isLessThan(noisy * 9 / 10);
    }

    private static int steps(Decoder decoder, long seed) {
        return decoder.decode(RasterModel.plain(), SETTINGS, seed, StepObserver.NONE)
                .statistics()
                .steps();
    }

    @Test
    void refusesCorrectionsForAModelWithoutANeighbourHead() {
        var model = new PlainModel();
        assertThatThrownBy(() -> Decoders.SJD_NEIGHBOUR.start(model, SETTINGS, 1))
                .isInstanceOf(DecodingException.class)
                .hasMessageContaining("neighbour head")
                .hasMessageContaining("sjd-exact");
        assertThat(Decoders.SJD_NEIGHBOUR
                        .start(model, SETTINGS.withWindow(1), 1)
                        .rows())
                .hasSize(1);
    }

    @Test
    void refusesNoiseForAModelThatCannotReadIt() {
        ImageModel clean = new PlainModel();
        assertThatThrownBy(() -> Decoders.SJD2.start(clean, SETTINGS, 1))
                .isInstanceOf(DecodingException.class)
                .hasMessageContaining("noisy embeddings")
                .hasMessageContaining("sjd-exact");
        assertThat(Decoders.SJD2.start(clean, SETTINGS.withDenoisingSteps(0), 1).rows())
                .hasSize(10);
        assertThat(Decoders.SJD.start(clean, SETTINGS, 1).rows()).hasSize(10);
    }

    @Test
    void refusesImpossibleSettings() {
        assertThatThrownBy(() -> SETTINGS.withWindow(0)).hasMessage("window is 0, expected at least 1 row");
        assertThatThrownBy(() -> SETTINGS.withDenoisingSteps(-1)).hasMessageContaining("denoising-steps is -1");
    }

    @Test
    void settingsAreReadFromTextAndWrittenAsText() {
        var settings = DecoderSettings.WINDOW.with(SETTINGS, " 7");
        settings = DecoderSettings.INITIALISATION.with(settings, "Left");
        settings = DecoderSettings.DENOISING_STEPS.with(settings, "0");
        assertThat(settings).isEqualTo(new DecoderSettings(7, Initialisation.LEFT, 0));
        assertThat(DecoderSettings.SETTINGS.stream()
                        .map(setting -> setting.text(new DecoderSettings(7, Initialisation.LEFT, 0))))
                .containsExactly("7", "left", "0");
        assertThat(DecoderSettings.DENOISING_STEPS.option()).isEqualTo("denoising-steps");
        assertThatThrownBy(() -> DecoderSettings.WINDOW.with(SETTINGS, "many"))
                .hasMessage("window is 'many', expected a whole number");
        assertThatThrownBy(() -> DecoderSettings.INITIALISATION.with(SETTINGS, "right"))
                .hasMessage("initialisation is 'right', expected one of random, left, above, previous");
        assertThatThrownBy(() -> DecoderSettings.DENOISING_STEPS.with(SETTINGS, "101"))
                .hasMessage("denoising-steps is 101, expected 0 (no noise) to 100");
    }

    @Test
    void decodersSayWhichSettingsTheyUse() {
        assertThat(DecoderSettings.SETTINGS).noneMatch(Decoders.AR::uses);
        assertThat(DecoderSettings.SETTINGS.stream().filter(Decoders.SJD_EXACT::uses))
                .containsExactly(DecoderSettings.WINDOW, DecoderSettings.INITIALISATION);
        assertThat(DecoderSettings.SETTINGS).allMatch(Decoders.SJD2::uses);
    }

    @Test
    void decodersAreFoundByName() {
        for (Decoder decoder : Decoders.all()) {
            assertThat(Decoders.named(decoder.name())).isSameAs(decoder);
            assertThat(decoder.lossless()).isEqualTo(!decoder.description().startsWith("lossy"));
        }
        assertThatThrownBy(() -> Decoders.named("sjd3"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no decoder 'sjd3'; choose one of ar, jacobi, sjd, ")
                .hasMessageEndingWith(", sjd2-exact, sjd2-neighbour-exact");
    }

    @Test
    void everyDecoderIsInTheList() throws IllegalAccessException {
        for (var field : Decoders.class.getFields()) {
            assertThat(Decoders.all()).as(field.getName()).contains((Decoder) field.get(null));
        }
    }
}
