package org.sjd4j.checkpoint;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;

/**
 * The validated header of a safetensors file. The rules are those of huggingface/safetensors ({@code README.md} and
 * {@code safetensors/src/tensor.rs}: {@code read_metadata}, {@code Metadata::validate}). Like the reference library,
 * this accepts whitespace around the object and unknown members of a tensor's entry.
 *
 * <p>It is stricter in four points: duplicate keys (which the README forbids, but the library lets pass), {@code null}
 * as metadata, a tensor's entry written as an array, and more than 64 dimensions are refused.
 *
 * @param tensors by name, in order of their data
 * @param metadata the free-form {@code __metadata__}, empty if absent
 * @param dataStart byte of the file at which the data section begins
 */
record SafetensorsHeader(SequencedMap<String, TensorInfo> tensors, Map<String, String> metadata, long dataStart) {

    /** The reserved member that holds free-form text instead of a tensor. */
    static final String METADATA = "__metadata__";

    /** Bytes of the length prefix. */
    static final int PREFIX = Long.BYTES;

    /** Our own limit; the format has none, and no tensor library goes beyond this. */
    private static final int HIGHEST_RANK = 64;

    private static final String ADVICE = "download or export the file again";

    /** The prefix: unsigned in the format, so a negative value here is a huge one. */
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Reads and validates the header of a whole file.
     *
     * @throws CheckpointException if any rule of the format is broken
     */
    static SafetensorsHeader read(MemorySegment file, String source) {
        if (file.byteSize() < PREFIX) {
            throw new CheckpointException(
                    source,
                    file.byteSize() + " bytes, cut off before its header",
                    "a safetensors file, at least " + PREFIX + " bytes",
                    ADVICE);
        }
        long length = file.get(LENGTH, 0);
        if (Long.compareUnsigned(length, StrictJson.LONGEST_DOCUMENT) > 0) {
            throw new CheckpointException(
                    source,
                    "a header of " + Long.toUnsignedString(length) + " bytes",
                    "at most " + StrictJson.LONGEST_DOCUMENT,
                    "check that this is a safetensors file, then " + ADVICE);
        }
        if (length > file.byteSize() - PREFIX) {
            throw new CheckpointException(
                    source,
                    file.byteSize() + " bytes, cut off within a header of " + length,
                    "a complete file",
                    ADVICE);
        }
        byte[] json = file.asSlice(PREFIX, length).toArray(ValueLayout.JAVA_BYTE);
        long dataStart = PREFIX + length;
        long dataSize = file.byteSize() - dataStart;
        return StrictJson.read(json, source, ADVICE, cursor -> read(cursor, dataStart, dataSize));
    }

    private static SafetensorsHeader read(StrictJson json, long dataStart, long dataSize) {
        Map<String, String> metadata = Map.of();
        var tensors = new ArrayList<TensorInfo>();
        for (String name = json.nextMember(); name != null; name = json.nextMember()) {
            if (name.equals(METADATA)) {
                metadata = readMetadata(json);
            } else {
                tensors.add(readTensor(json, name));
            }
        }
        return new SafetensorsHeader(inOrderOfData(tensors, dataSize, json), metadata, dataStart);
    }

    private static Map<String, String> readMetadata(StrictJson json) {
        json.object("member", METADATA);
        var metadata = new HashMap<String, String>();
        for (String key = json.nextMember(); key != null; key = json.nextMember()) {
            metadata.put(key, json.string("metadata", key));
        }
        return Collections.unmodifiableMap(metadata);
    }

    private static TensorInfo readTensor(StrictJson json, String name) {
        json.object("tensor", name);
        @Nullable DType dtype = null;
        long @Nullable [] shape = null;
        long @Nullable [] offsets = null;
        for (String key = json.nextMember(); key != null; key = json.nextMember()) {
            switch (key) {
                case "dtype" -> dtype = readDType(json, name);
                case "shape" -> shape = json.naturals("shape of tensor", name, HIGHEST_RANK);
                case "data_offsets" -> offsets = json.naturals("data_offsets of tensor", name, 2);
                default -> json.skip();
            }
        }
        if (dtype == null || shape == null || offsets == null || offsets.length != 2) {
            throw json.malformed("an incomplete entry of tensor " + quote(name), "dtype, shape and two data_offsets");
        }
        try {
            return new TensorInfo(name, dtype, shape, offsets[0], offsets[1]);
        } catch (IllegalArgumentException e) {
            throw json.malformed(
                    "tensor " + quote(name) + " with " + e.getMessage(),
                    "offsets that span exactly its shape and type");
        }
    }

    private static DType readDType(StrictJson json, String tensor) {
        String name = json.string("dtype of tensor", tensor);
        return DType.named(name)
                .orElseThrow(() -> json.malformed(
                        "dtype " + quote(name) + " of tensor " + quote(tensor),
                        "one of " + Arrays.toString(DType.values())));
    }

    /** Tensors may be listed in any order, but their data must fill the data section without holes or overlaps. */
    private static SequencedMap<String, TensorInfo> inOrderOfData(
            List<TensorInfo> tensors, long dataSize, StrictJson json) {
        tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
        var byName = LinkedHashMap.<String, TensorInfo>newLinkedHashMap(tensors.size());
        long end = 0;
        for (TensorInfo tensor : tensors) {
            if (tensor.begin() != end) {
                throw json.malformed(
                        (tensor.begin() < end ? "an overlap" : "a hole") + " in the data before tensor "
                                + quote(tensor.name()) + " at " + tensor.begin(),
                        "its data to begin at " + end);
            }
            end = tensor.end();
            byName.put(tensor.name(), tensor);
        }
        if (end != dataSize) {
            String found = dataSize < end ? ", cut off within its tensors" : ", more than its tensors take";
            throw json.malformed(
                    dataSize + " bytes of data" + found, "exactly the " + end + " bytes that the header lists");
        }
        return Collections.unmodifiableSequencedMap(byName);
    }
}
