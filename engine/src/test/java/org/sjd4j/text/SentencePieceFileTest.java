package org.sjd4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.tensor.CheckpointException;

class SentencePieceFileTest {
    private static final long SEED = Long.getLong("sjd4j.seed", 20_261_128);
    private static final int MUTATIONS = 600;

    @TempDir
    private Path directory;

    private static byte[] whole() throws IOException {
        return Files.readAllBytes(Fixtures.folder().resolve("tiny-t5-encoder/spiece.model"));
    }

    private static void refused(byte[] model, String found) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> SentencePieceFile.require(model, "spiece.model"))
                .withMessageStartingWith("spiece.model: found ")
                .withMessageContaining(found);
    }

    @Test
    void aPublishedModelPasses() throws IOException {
        SentencePieceFile.require(whole(), "spiece.model");
    }

    @Test
    void filesThatAreCutOffAreRefused() throws IOException {
        byte[] whole = whole();
        for (int length = 0; length < whole.length; length += 1 + length / 50) {
            refused(Arrays.copyOf(whole, length), "cut off");
        }
        refused(Arrays.copyOf(whole, whole.length - 1), "cut off");
    }

    /** Where the table of characters begins: its size, then the tree. */
    private static int table(byte[] model) {
        var buffer = ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 4 <= model.length; at++) {
            int size = buffer.getInt(at);
            if (size > 100_000 && size < model.length - at && size % 1024 == 0) {
                return at;
            }
        }
        throw new AssertionError("no table of characters");
    }

    @Test
    void aTableThatLeadsOutOfItselfIsRefused() throws IOException {
        byte[] model = whole();
        int table = table(model);
        for (int value : new int[] {0x7ffffc00, 0x3ffffe00, 0xffffffff, 0x80ffffff}) {
            byte[] damaged = model.clone();
            ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(table + 4 + 4 * 97, value);
            refused(damaged, "a damaged table of characters");
        }
        for (int size : new int[] {-1, 0, 4, 1023, Integer.MAX_VALUE}) {
            byte[] damaged = model.clone();
            ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(table, size);
            refused(damaged, "a damaged table of characters");
        }
    }

    /** Native code that reads anywhere in memory would end the process. */
    @Test
    void mutatedModelsAreReadOrRefused() throws IOException {
        byte[] whole = whole();
        int table = table(whole);
        var random = new SplittableRandom(SEED);
        int read = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutant = whole.clone();
            for (int k = random.nextInt(1, 5); k > 0; k--) {
                int from = random.nextBoolean() ? 0 : table;
                mutant[random.nextInt(from, Math.min(mutant.length, from + 5000))] = (byte) random.nextInt(256);
            }
            Path file = Files.write(directory.resolve("spiece.model"), mutant);
            try (var text = SentencePieceText.read(file)) {
                assertThat(text.encode("a red box, ﬁne ½ Å 東京")).isNotEmpty();
                read++;
            } catch (CheckpointException e) {
                assertThat(e).hasMessageContaining("spiece.model");
            }
        }
        assertThat(read).as("seed %d", SEED).isBetween(1, MUTATIONS - 1);
    }
}
