package org.sjd4j.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.sjd4j.OddLocales;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.family.chameleon.Chameleon;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.CaptionCleaner;
import org.sjd4j.text.WordTokenizer;

/** What checkpoints are recognised by, and how prompts are read, under every locale. */
class LocaleTest {
    private static final List<Locale> LOCALES = OddLocales.ALL;
    private static final List<String> CAPTIONS =
            List.of("A TITLE IN Istanbul, İzmir ISI", "3 X 4 PIXEL, #12345", "ÀÉÎ Straße ΣΑΣ");

    @BeforeAll
    static void requireOdd() {
        OddLocales.requireOdd();
    }

    @ParameterizedTest
    @FieldSource("LOCALES")
    void reservedTokensAreFound(Locale locale) {
        var ids = new HashMap<String, Integer>();
        ids.put("<reserved08805>", 5);
        ids.put("<reserved08848>", 48);
        var llama = new LlamaConfig(32, 2, 2, 64, 1e-5, 10_000);
        var config = new Chameleon.Config(llama, 100, List.of(60, 61), ids);
        assertThat(OddLocales.under(locale, () -> config.size(5))).isEqualTo(5);
        assertThat(OddLocales.under(locale, () -> config.size(48))).isEqualTo(48);
        assertThat(OddLocales.under(locale, () -> Chameleon.Config.codeName(8190)))
                .isEqualTo("IMGIMGIBJAZ");
    }

    @Test
    void anAdapterNamesTheSameBase(@TempDir Path directory) {
        Path file = TinyCheckpoint.write(directory).resolve("model.safetensors");
        Tensors.inference(() -> {
            var weights = Weights.of("the tiny model", TensorFiles.read(file, ScalarType.Float, new Device("cpu")));
            var model = new RasterLlama(TinyCheckpoint.model(), weights);
            var expected = OddLocales.under(Locale.ROOT, () -> AdapterBase.of("tiny", model));
            for (Locale locale : LOCALES) {
                var base = OddLocales.under(locale, () -> AdapterBase.of("tiny", model));
                assertThat(base).as(locale.toString()).isEqualTo(expected);
            }
        });
    }

    @ParameterizedTest
    @FieldSource("LOCALES")
    void promptsAreReadAlike(Locale locale) {
        for (String caption : CAPTIONS) {
            assertThat(OddLocales.under(locale, () -> WordTokenizer.words(caption)))
                    .isEqualTo(OddLocales.under(Locale.ROOT, () -> WordTokenizer.words(caption)));
            assertThat(OddLocales.under(locale, () -> CaptionCleaner.clean(caption)))
                    .isEqualTo(OddLocales.under(Locale.ROOT, () -> CaptionCleaner.clean(caption)));
        }
        assertThat(OddLocales.under(locale, () -> WordTokenizer.words("A TITLE")))
                .containsExactly("a", "title");
    }
}
