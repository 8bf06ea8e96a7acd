package org.sjd4j.checkpoint.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.checkpoint.pickle.TorchBytes.bytes;
import static org.sjd4j.checkpoint.pickle.TorchBytes.call;
import static org.sjd4j.checkpoint.pickle.TorchBytes.counted;
import static org.sjd4j.checkpoint.pickle.TorchBytes.dict;
import static org.sjd4j.checkpoint.pickle.TorchBytes.floats;
import static org.sjd4j.checkpoint.pickle.TorchBytes.global;
import static org.sjd4j.checkpoint.pickle.TorchBytes.keys;
import static org.sjd4j.checkpoint.pickle.TorchBytes.old;
import static org.sjd4j.checkpoint.pickle.TorchBytes.pickle;
import static org.sjd4j.checkpoint.pickle.TorchBytes.tensor;
import static org.sjd4j.checkpoint.pickle.TorchBytes.text;
import static org.sjd4j.checkpoint.pickle.TorchBytes.vector;
import static org.sjd4j.checkpoint.pickle.TorchBytes.zip;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.TorchFile;
import org.sjd4j.tensor.CheckpointException;

/**
 * Mutations of files that PyTorch saves: each is either read or refused with the typed error, in little memory. The bytes of
 * whole files are changed, and the opcodes of their pickles: these in files whose lengths are right again.
 */
class PickleFuzzTest {
    private static final long SEED = Long.getLong("sjd4j.seed", 20_261_127);
    private static final int CASES = 100_000;
    private static final long MOST_BYTES = 64 << 20;
    private static final byte[] SIX = floats(0, 1, 2, 3, 4, 5);

    /** Every opcode, and some that are none. */
    private static final byte[] OPCODES =
            bytes("()012BCFGIJKLMNPQRSTUVX]abcdeghijlopqrstu}.\u0080\u0081\u0082\u0083\u0084"
                    + "\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096"
                    + "\u0097\u0098\0~");

    private final ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final SplittableRandom random = new SplittableRandom(SEED);

    /** A pickle in one of the two layouts. */
    private record Seed(byte[] pickle, boolean zip) {
        byte[] file() {
            return file(pickle);
        }

        byte[] file(byte[] changed) {
            String latin = new String(changed, StandardCharsets.ISO_8859_1);
            return zip ? TorchBytes.zip(latin, SIX, SIX, SIX, SIX) : old(latin, keys("0"), counted(6, SIX));
        }
    }

    private static List<Seed> seeds() throws IOException {
        String namespace =
                global("argparse", "Namespace") + ")\u0081" + dict("lr", "G12345678", "name", text("x")) + "b";
        String transposed = tensor("0", 6, 0, new int[] {3, 2}, new int[] {1, 3});
        String parameter = call(global("torch._utils", "_rebuild_parameter"), vector(6), "\u0088", dict());
        String small = pickle(dict("state_dict", dict("w", transposed, "b", parameter), "args", namespace));
        var seeds = new ArrayList<Seed>();
        seeds.add(new Seed(bytes(small), true));
        seeds.add(new Seed(bytes(small), false));
        for (int protocol : new int[] {1, 2, 3, 5}) {
            var file = Fixtures.folder()
                    .resolve("pickles/beside-" + protocol + ".pt")
                    .toFile();
            try (var zip = new ZipFile(file)) {
                byte[] pickle =
                        zip.getInputStream(zip.getEntry("checkpoint/data.pkl")).readAllBytes();
                seeds.add(new Seed(pickle, true));
            }
        }
        return seeds;
    }

    @Test
    void mutationsAreReadOrRefused() throws IOException {
        var seeds = seeds();
        int read = 0;
        for (int i = 0; i < CASES; i++) {
            // two of three are small files, of which every byte counts
            var seed = seeds.get(random.nextInt(3) > 0 ? random.nextInt(2) : random.nextInt(seeds.size()));
            byte[] mutant = random.nextInt(3) == 0 ? changed(seed.file()) : seed.file(edited(seed.pickle()));
            long bytes = thread.getCurrentThreadAllocatedBytes();
            read += isRead(mutant, i) ? 1 : 0;
            bytes = thread.getCurrentThreadAllocatedBytes() - bytes;
            if (bytes > MOST_BYTES) {
                throw new AssertionError(bytes + " bytes allocated for " + describe(mutant, i));
            }
        }
        assertThat(read).as("mutants read, seed " + SEED).isBetween(CASES / 100, CASES - CASES / 10);
    }

    private static boolean isRead(byte[] mutant, int index) {
        try {
            var file = TorchFile.parse(MemorySegment.ofArray(mutant), "mutant.pt");
            for (String name : file.names()) {
                assertThat(file.segment(name).toArray(ValueLayout.JAVA_BYTE))
                        .hasSize((int) file.info(name).byteSize());
            }
            return true;
        } catch (CheckpointException e) {
            assertThat(e.getMessage())
                    .startsWith("mutant.pt: found ")
                    .doesNotContain("\n")
                    .hasSizeLessThan(2000);
            return false;
        } catch (RuntimeException | Error e) {
            throw new AssertionError("untyped failure for " + describe(mutant, index), e);
        }
    }

    /** Some bytes of a file changed, left out or added; half of the time at its end, where a zip file has its directory. */
    private byte[] changed(byte[] file) {
        byte[] bytes = file.clone();
        for (int edits = random.nextInt(1, 4); edits > 0 && bytes.length > 0; edits--) {
            int from = random.nextBoolean() ? 0 : Math.max(0, bytes.length - 300);
            int at = random.nextInt(from, bytes.length);
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0xff : 0);
                case 3 -> bytes = Arrays.copyOf(bytes, at);
                case 4 -> bytes = splice(bytes, at, Math.min(bytes.length, at + random.nextInt(1, 9)), new byte[0]);
                default -> bytes = splice(bytes, at, at, some(random.nextInt(1, 9)));
            }
        }
        return bytes;
    }

    /** Some instructions of a pickle changed, swapped, repeated, left out or added. */
    private byte[] edited(byte[] pickle) {
        byte[] bytes = pickle.clone();
        for (int edits = random.nextInt(1, 4); edits > 0; edits--) {
            int[] starts = instructions(bytes);
            int which = random.nextInt(starts.length - 1);
            int begin = starts[which];
            int end = starts[which + 1];
            int other = random.nextInt(starts.length - 1);
            byte[] copied = Arrays.copyOfRange(bytes, starts[other], starts[other + 1]);
            switch (random.nextInt(7)) {
                case 0 -> bytes[begin] = OPCODES[random.nextInt(OPCODES.length)];
                case 1 -> {
                    if (end > begin + 1) {
                        int at = begin + 1 + random.nextInt(Math.min(8, end - begin - 1)); // a length, index or number
                        bytes[at] = (byte) (random.nextInt(3) == 0 ? 0xff : random.nextInt(256));
                    }
                }
                case 2 -> bytes = splice(bytes, begin, end, new byte[0]);
                case 3 -> bytes = splice(bytes, begin, end, copied);
                case 4 -> bytes = splice(bytes, begin, begin, copied);
                case 5 -> {
                    int last = starts[Math.min(starts.length - 1, which + random.nextInt(1, 20))];
                    bytes = splice(bytes, last, last, Arrays.copyOfRange(bytes, begin, last));
                }
                default -> bytes = splice(bytes, begin, begin, some(random.nextInt(1, 4)));
            }
        }
        return bytes;
    }

    private byte[] some(int count) {
        byte[] made = new byte[count];
        for (int i = 0; i < count; i++) {
            made[i] = random.nextBoolean() ? OPCODES[random.nextInt(OPCODES.length)] : (byte) random.nextInt(256);
        }
        return made;
    }

    /** Where the instructions of a pickle begin, as far as they can be told apart, and its end. */
    private static int[] instructions(byte[] pickle) {
        var starts = new ArrayList<Integer>();
        int at = 0;
        while (at < pickle.length) {
            starts.add(at);
            at = Math.min(pickle.length, at + length(pickle, at));
        }
        starts.add(pickle.length);
        return starts.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int length(byte[] pickle, int at) {
        return switch (pickle[at] & 0xff) {
            case 'K', 'h', 'q', 0x80, 0x82 -> 2;
            case 'M', 0x83 -> 3;
            case 'J', 'j', 'r', 0x84 -> 5;
            case 'G', 0x95 -> 9;
            case 'U', 'C', 0x8c, 0x8a -> 2 + number(pickle, at + 1, 1);
            case 'T', 'X', 'B', 0x8b -> 5 + number(pickle, at + 1, 4);
            case 0x8d, 0x8e, 0x96 -> 9 + number(pickle, at + 1, 4);
            case 'I', 'L', 'F', 'S', 'V', 'P', 'g', 'p' -> lines(pickle, at, 1);
            case 'c', 'i' -> lines(pickle, at, 2);
            default -> 1;
        };
    }

    private static int number(byte[] pickle, int at, int bytes) {
        int number = 0;
        for (int i = Math.min(bytes, pickle.length - at) - 1; i >= 0; i--) {
            number = number << 8 | pickle[at + i] & 0xff;
        }
        return number < 0 || number > pickle.length ? 0 : number;
    }

    private static int lines(byte[] pickle, int at, int count) {
        int end = at;
        for (int found = 0; end < pickle.length && found < count; end++) {
            found += pickle[end] == '\n' ? 1 : 0;
        }
        return end - at;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] insertion) {
        byte[] result = Arrays.copyOf(bytes, bytes.length - (to - from) + insertion.length);
        System.arraycopy(insertion, 0, result, from, insertion.length);
        System.arraycopy(bytes, to, result, from + insertion.length, bytes.length - to);
        return result;
    }

    private static String describe(byte[] mutant, int index) {
        return "mutant " + index + " of seed " + SEED + ": "
                + Base64.getEncoder().encodeToString(mutant);
    }
}
