package org.sjd4j.checkpoint.pickle;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/** Files that PyTorch saves, put together by hand. Pickles are written as text whose characters are their bytes. */
public final class TorchBytes {
    private static final String ENTRY = "archive/data/";

    private TorchBytes() {}

    /** The bytes of a text whose characters are bytes. */
    public static byte[] bytes(String latin) {
        return latin.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A text in UTF-8 as a text whose characters are bytes. */
    public static String latin(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** A pickle of protocol 2 that gives this value. */
    public static String pickle(String value) {
        return "\u0080\u0002" + value + ".";
    }

    public static String text(String text) {
        return "X" + (char) text.length() + "\0\0\0" + text;
    }

    public static String number(int value) {
        var four = new StringBuilder("J");
        for (int shift = 0; shift < 32; shift += 8) {
            four.append((char) (value >> shift & 0xff));
        }
        return four.toString();
    }

    public static String numbers(int... values) {
        return tuple(Arrays.stream(values).mapToObj(TorchBytes::number).toArray(String[]::new));
    }

    public static String tuple(String... values) {
        return "(" + String.join("", values) + "t";
    }

    public static String list(String... values) {
        return "](" + String.join("", values) + "e";
    }

    /** A dictionary of keys and values that are pickled already. */
    public static String entries(String... pairs) {
        return "}(" + String.join("", pairs) + "u";
    }

    /** A dictionary of texts, each followed by its value. */
    public static String dict(String... pairs) {
        String[] pickled = pairs.clone();
        for (int i = 0; i < pickled.length; i += 2) {
            pickled[i] = text(pickled[i]);
        }
        return entries(pickled);
    }

    public static String global(String module, String name) {
        return "c" + module + "\n" + name + "\n";
    }

    public static String call(String callable, String... arguments) {
        return callable + tuple(arguments) + "R";
    }

    public static String storage(String type, String key, int elements, String view) {
        return tuple(text("storage"), global("torch", type), text(key), text("cpu"), number(elements), view) + "Q";
    }

    public static String tensor(String key, int elements, int offset, int[] shape, int[] strides) {
        return tensor("FloatStorage", key, elements, offset, shape, strides, "");
    }

    public static String tensor(
            String type, String key, int elements, int offset, int[] shape, int[] strides, String view) {
        return call(
                global("torch._utils", "_rebuild_tensor_v2"),
                storage(type, key, elements, view),
                number(offset),
                numbers(shape),
                numbers(strides),
                "\u0089",
                call(global("collections", "OrderedDict")));
    }

    /** All elements of the storage 0 as a vector. */
    public static String vector(int elements) {
        return tensor("0", elements, 0, new int[] {elements}, new int[] {1});
    }

    public static byte[] floats(float... values) {
        var buffer = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return buffer.array();
    }

    /** The newer layout, with storages 0, 1 and so on. */
    public static byte[] zip(String pickle, byte[]... storages) {
        String[] names = new String[storages.length + 1];
        byte[][] members = new byte[storages.length + 1][];
        names[0] = "archive/data.pkl";
        members[0] = bytes(pickle);
        for (int i = 0; i < storages.length; i++) {
            names[i + 1] = ENTRY + i;
            members[i + 1] = storages[i];
        }
        return zip(names, members);
    }

    /** A zip file of stored members. */
    public static byte[] zip(String[] names, byte[][] members) {
        var file = new ByteArrayOutputStream();
        var directory = new ByteArrayOutputStream();
        for (int i = 0; i < names.length; i++) {
            var crc = new CRC32();
            crc.update(members[i]);
            byte[] common = ByteBuffer.allocate(26)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putShort((short) 20)
                    .putShort(8, (short) 0)
                    .putInt(10, (int) crc.getValue())
                    .putInt(14, members[i].length)
                    .putInt(18, members[i].length)
                    .putShort(22, (short) names[i].length())
                    .array();
            directory.writeBytes(little(0x02014b50));
            directory.writeBytes(new byte[] {20, 0});
            directory.writeBytes(common);
            directory.writeBytes(new byte[10]);
            directory.writeBytes(little(file.size()));
            directory.writeBytes(bytes(names[i]));
            file.writeBytes(little(0x04034b50));
            file.writeBytes(common);
            file.writeBytes(bytes(names[i]));
            file.writeBytes(members[i]);
        }
        var end = ByteBuffer.allocate(22).order(ByteOrder.LITTLE_ENDIAN).putInt(0x06054b50);
        end.putShort(8, (short) names.length).putShort(10, (short) names.length);
        end.putInt(12, directory.size()).putInt(16, file.size());
        file.writeBytes(directory.toByteArray());
        file.writeBytes(end.array());
        return file.toByteArray();
    }

    /** The older layout: magic number, protocol 1001, system, what the file holds, keys of storages, storages. */
    public static byte[] old(String pickle, String keys, byte[]... storages) {
        var file = new ByteArrayOutputStream();
        file.writeBytes(bytes(pickle("\u008a\n\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019")));
        file.writeBytes(bytes(pickle("M\u00e9\u0003")));
        file.writeBytes(bytes(pickle(dict("little_endian", "\u0088"))));
        file.writeBytes(bytes(pickle));
        file.writeBytes(bytes(keys));
        for (byte[] storage : storages) {
            file.writeBytes(storage);
        }
        return file.toByteArray();
    }

    /** A storage of the older layout. */
    public static byte[] counted(long elements, byte[] data) {
        return ByteBuffer.allocate(Long.BYTES + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(elements)
                .put(data)
                .array();
    }

    /** The keys of storages of the older layout. */
    public static String keys(String... keys) {
        return pickle(list(Arrays.stream(keys).map(TorchBytes::text).toArray(String[]::new)));
    }

    private static byte[] little(int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }
}
