package org.sjd4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.Numeric;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.raster.LoadedRasterLlama;
import org.sjd4j.llama.SharedCache;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Processor;

/** Images at different positions, with different numbers of rows, that come and go. */
@Numeric
class SharedPassTest {
    private static final Sampling GUIDED = new Sampling(3, 1, 0, 1);
    private static final int IMAGES = 3;

    @TempDir
    static Path directory;

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "FLOAT32", "BFLOAT16"})
    void branchesSideBySideGiveWhatTheyGiveTogether(Precision precision) {
        Path file = TinyCheckpoint.write(directory).resolve("model.safetensors");
        LibTorch.setThreads(1);
        var random = new Random(5);
        try (var loaded = LoadedRasterLlama.load(
                        file,
                        TinyCheckpoint.model(),
                        TinyCheckpoint.neighbour(directory),
                        ComputeDevice.CPU,
                        precision);
                var together = new SharedCache(IMAGES);
                var sideBySide = new SharedCache(IMAGES)) {
            var first = images(loaded, together);
            var second = images(loaded, sideBySide);
            int length = first.getFirst().length();
            int[] tokens = random.ints(length, 0, TinyCheckpoint.CODES).toArray();
            for (int pass = 0; pass < 40; pass++) {
                if (pass == 20) { // one leaves its slot empty
                    first.remove(1).close();
                    second.remove(1).close();
                }
                var partsOfFirst = new ArrayList<SharedPass.Part>();
                var partsOfSecond = new ArrayList<SharedPass.Part>();
                for (int i = 0; i < first.size(); i++) {
                    if (pass < 3 && i == 0 || random.nextInt(4) > 0) {
                        int position = pass < 3 ? 0 : random.nextInt(length);
                        int count = pass < 3 ? length : 1 + random.nextInt(length - position);
                        List<Row> rows = new ArrayList<>();
                        for (int j = 0; j < count; j++) {
                            rows.add(Row.before(position + j, tokens));
                        }
                        partsOfFirst.add(new SharedPass.Part(first.get(i), position, rows));
                        partsOfSecond.add(new SharedPass.Part(second.get(i), position, rows));
                    }
                }
                if (!partsOfFirst.isEmpty()) {
                    float[] expected = SharedPass.values(together, partsOfFirst);
                    float[] found = SharedPass.valuesSideBySide(sideBySide, partsOfSecond);
                    if (precision == Precision.FLOAT16 && Processor.current().readsFloat16()) {
                        assertThat(found).as("pass %s", pass).isEqualTo(expected);
                    } else {
                        float tolerance = precision == Precision.BFLOAT16 ? 0.1f : 1e-4f;
                        assertThat(found).as("pass %s", pass).containsExactly(expected, within(tolerance));
                    }
                }
            }
            first.forEach(ImageSession::close);
            second.forEach(ImageSession::close);
        }
    }

    private static List<ImageSession> images(LoadedRasterLlama model, SharedCache cache) {
        var images = new ArrayList<ImageSession>();
        for (int i = 0; i < IMAGES; i++) {
            int[] prompt = {3 + i, 5, 7, 8, 0, 0, 0, 2};
            var image = model.begin(prompt, new int[] {1, 0, 0, 0, 0, 0, 0, 2}, GUIDED);
            image.share(cache);
            images.add(image);
        }
        return images;
    }
}
