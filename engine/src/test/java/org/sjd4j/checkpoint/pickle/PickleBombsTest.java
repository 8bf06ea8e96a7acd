package org.sjd4j.checkpoint.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.sjd4j.checkpoint.pickle.TorchBytes.call;
import static org.sjd4j.checkpoint.pickle.TorchBytes.dict;
import static org.sjd4j.checkpoint.pickle.TorchBytes.floats;
import static org.sjd4j.checkpoint.pickle.TorchBytes.global;
import static org.sjd4j.checkpoint.pickle.TorchBytes.pickle;
import static org.sjd4j.checkpoint.pickle.TorchBytes.text;
import static org.sjd4j.checkpoint.pickle.TorchBytes.vector;
import static org.sjd4j.checkpoint.pickle.TorchBytes.zip;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.sjd4j.checkpoint.TorchFile;
import org.sjd4j.tensor.CheckpointException;

/** Small files that would be large, deep or endless if they were unpacked, and files whose numbers are absurd. */
class PickleBombsTest {
    /** What one file may take, in all that was ever allocated: several times what it may keep. */
    private static final long MOST_BYTES = 1L << 30;

    private static final byte[] DATA = floats(1, 2, 3);
    private static final int MANY = 200_000;
    private static final String ORDERED = global("collections", "OrderedDict");

    private final ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private void isRead(String beside) {
        long before = thread.getCurrentThreadAllocatedBytes();
        byte[] file = zip(pickle("}(" + text("x") + beside + text("model") + dict("w", vector(3)) + "u"), DATA);
        assertThat(TorchFile.parse(MemorySegment.ofArray(file), "bomb.pt").names())
                .containsExactly("w");
        assertThat(thread.getCurrentThreadAllocatedBytes() - before).isLessThan(MOST_BYTES);
    }

    private void isRefused(String program, String... parts) {
        long before = thread.getCurrentThreadAllocatedBytes();
        byte[] file = zip(program, DATA);
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> TorchFile.parse(MemorySegment.ofArray(file), "bomb.pt"))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
        assertThat(thread.getCurrentThreadAllocatedBytes() - before).isLessThan(MOST_BYTES);
    }

    @Test
    void deepNestingIsRead() {
        isRead("]".repeat(MANY) + "a".repeat(MANY - 1));
        isRead("N" + "\u0085".repeat(MANY));
        isRead("}".repeat(MANY) + "0".repeat(MANY - 1));
        isRead("(".repeat(MANY) + "1".repeat(MANY) + "N");
        isRead("N" + ("\u0085" + "q\2").repeat(MANY));
        isRead(global("a", "b") + (")R").repeat(MANY));
    }

    @Test
    void objectsThatContainThemselvesAreRead() {
        isRead("]q\1h\1a");
        isRead("}q\1h\1h\1s");
        isRead("}q\1" + text("a") + "h\1s" + text("b") + "]h\1as");
        isRead("]q\1" + "h\1h\1\u0086a");
        isRead(global("a", "b") + ")\u0081q\1h\1h\1s}h\1h\1sb");
    }

    /** Each list holds the one before it ten times: a billion of billions of the first, and a few bytes each. */
    @Test
    void listsThatShareTheirPartsTakeLittle() {
        var lists = new StringBuilder("]q\0");
        for (int i = 1; i < 100; i++) {
            lists.append("](")
                    .append(("h" + (char) (i - 1)).repeat(10))
                    .append("eq")
                    .append((char) i);
        }
        isRead("(" + lists + "t");
    }

    @Test
    void whatIsCopiedAgainAndAgainIsRefused() {
        String pairs = "](" + ("N" + "N\u0086").repeat(5000) + "eq\1";
        isRefused(pickle(pairs + (ORDERED + "h\1\u0085R").repeat(5000)), "MiB of memory");
        String long64 = "(" + "K\1".repeat(64) + "tq\1";
        String tensor = call(global("torch._utils", "_rebuild_tensor_v2"), "h\2", "K\0", "h\1", "h\1");
        String shared = dict("a", TorchBytes.storage("FloatStorage", "0", 3, "") + "q\2", "b", long64);
        isRefused(pickle("(" + shared + tensor.repeat(300_000) + "t"), "MiB of memory");
        isRefused(pickle("N" + "(".repeat(40_000_000)), "MiB of memory");
        isRefused(pickle("(" + "]".repeat(6_000_000) + "t"), "MiB of memory");
    }

    @Test
    void absurdNumbersAreRefused() {
        for (String length : new String[] {"\u008e", "\u0096", "\u008d"}) {
            isRefused(pickle(length + "\u00ff".repeat(7) + "\u007f"), "cut off within its pickle");
            isRefused(pickle(length + "\u00ff".repeat(8)), "cut off within its pickle");
        }
        isRefused(pickle("\u008b\u00ff\u00ff\u00ff\u007f"), "cut off within its pickle");
        isRefused(pickle("I" + "9".repeat(100_000) + "\n"), "a line of more than");
        isRead("L" + "9".repeat(60_000) + "L\n");
        isRead("\u008b" + "\u0050\u00c3\0\0" + "\1".repeat(50_000));
        isRead("T" + "\u00a0\u0086\1\0" + "x".repeat(100_000));
        isRead("Nr\u00ff\u00ff\u00ff\u00ff");
        isRefused(pickle("c" + "x".repeat(5000)), "a line of more than");
        isRefused(pickle("T" + "\u00d0\7\0\0" + "x".repeat(2000) + text("n") + "\u0093"), "a class with the name");
    }

    /** Keys whose hash codes are equal, some of them text. */
    @Test
    void manyKeysWithEqualHashCodesAreRead() {
        var keys = new StringBuilder("}(");
        for (int i = 0; i < 1 << 13; i++) {
            var key = new StringBuilder();
            for (int bit = 0; bit < 13; bit++) {
                key.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            keys.append(text(key.toString())).append("N").append("M\0\1N");
        }
        isRead(keys + "u");
    }

    @Test
    void tensorsWithAbsurdSizesAreRefused() {
        String max = "\u008a\u0008" + "\u00ff".repeat(7) + "\u007f";
        String storage = TorchBytes.storage("FloatStorage", "0", 3, "");
        for (String size : new String[] {max, "\u008a\u0009" + "\u00ff".repeat(8) + "\0", "\u008a\1\u00ff"}) {
            String rebuild = global("torch._utils", "_rebuild_tensor_v2");
            String[] wrong = {
                call(rebuild, storage, "K\0", size + "\u0085", "K\1\u0085"),
                call(rebuild, storage, size, "K\1\u0085", "K\1\u0085"),
                call(rebuild, storage, "K\0", "K\2\u0085", size + "\u0085"),
                call(rebuild, storage, "K\0", size + size + "\u0086", size + size + "\u0086"),
                call(
                        rebuild,
                        "(" + text("storage") + global("torch", "FloatStorage") + text("1") + "N" + size + "tQ",
                        "K\0",
                        "K\1\u0085",
                        "K\1\u0085")
            };
            for (String tensor : wrong) {
                isRefused(pickle(dict("w", tensor)), "expected");
            }
        }
    }
}
