package org.sjd4j.text;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.sjd4j.tensor.CheckpointException;

/**
 * Checks a SentencePiece model before native code reads it: that code trusts the table with which it normalises text, and a
 * damaged one makes it read anywhere in memory. Format: google/sentencepiece, {@code sentencepiece_model.proto}; the table:
 * {@code normalizer.cc} and darts-clone, {@code darts.h}.
 */
final class SentencePieceFile {
    private static final int PIECE = 1;
    private static final int TRAINER = 2;
    private static final int NORMALIZER = 3;
    private static final int DENORMALIZER = 5;
    private static final int CHARACTERS = 2;
    private static final int BLOCK = 256;
    private static final int LEAF = 1 << 31;
    private static final String ADVICE = "download the file again";

    private final String source;

    private SentencePieceFile(String source) {
        this.source = source;
    }

    /**
     * Checks a whole model.
     *
     * @param source where it comes from, for messages
     * @throws CheckpointException if it is cut off or damaged
     */
    static void require(byte[] model, String source) {
        new SentencePieceFile(source).model(ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN));
    }

    private void model(ByteBuffer model) {
        int seen = 0;
        try {
            while (model.hasRemaining()) {
                long tag = varint(model);
                int field = (int) (tag >>> 3);
                ByteBuffer content = content(model, (int) (tag & 7));
                seen |= field >= PIECE && field <= NORMALIZER ? 1 << field : 0;
                if (field == NORMALIZER || field == DENORMALIZER) {
                    rules(content);
                }
            }
        } catch (BufferUnderflowException e) {
            throw malformed("a file that is cut off after " + model.limit() + " bytes");
        }
        if (seen != (1 << PIECE | 1 << TRAINER | 1 << NORMALIZER)) {
            throw malformed("a file that is cut off, without all of its parts");
        }
    }

    private void rules(ByteBuffer rules) {
        while (rules.hasRemaining()) {
            long tag = varint(rules);
            ByteBuffer content = content(rules, (int) (tag & 7));
            if (tag >>> 3 == CHARACTERS && content.hasRemaining()) {
                characters(content);
            }
        }
    }

    /**
     * The size of a tree, the tree, and the texts that its leaves name by where they begin, each with a zero at its end. The
     * tree is a double array: from a unit, every byte leads to a unit in the block of 256 that the unit names.
     */
    private void characters(ByteBuffer table) {
        long bytes = Integer.toUnsignedLong(table.getInt());
        long texts = table.remaining() - bytes;
        int units = (int) (bytes / Integer.BYTES);
        if (texts < 1 || units < BLOCK || bytes % Integer.BYTES != 0 || table.get(table.limit() - 1) != 0) {
            throw damaged();
        }
        for (int i = 0; i < units; i++) {
            int unit = table.getInt();
            if ((unit & LEAF) != 0) {
                if ((unit & ~LEAF) >= texts) {
                    throw damaged();
                }
            } else {
                int offset = unit >>> 10 << ((unit & 1 << 9) >>> 6);
                int block = (i ^ offset) | BLOCK - 1;
                if (block < 0 || block >= units) {
                    throw damaged();
                }
            }
        }
    }

    private static ByteBuffer content(ByteBuffer from, int wire) {
        long length = switch (wire) {
            case 0 -> {
                varint(from);
                yield 0;
            }
            case 1 -> Long.BYTES;
            case 2 -> varint(from);
            case 5 -> Integer.BYTES;
            default -> -1;
        };
        if (length < 0 || length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer content = from.slice(from.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
        from.position(from.position() + (int) length);
        return content;
    }

    private static long varint(ByteBuffer from) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte next = from.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new BufferUnderflowException();
    }

    private CheckpointException damaged() {
        return malformed("a damaged table of characters");
    }

    private CheckpointException malformed(String found) {
        return new CheckpointException(source, found, "a SentencePiece model", ADVICE);
    }
}
