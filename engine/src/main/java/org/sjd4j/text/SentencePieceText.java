package org.sjd4j.text;

import ai.djl.sentencepiece.SpTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.tensor.CheckpointException;

/** A SentencePiece model ({@code spiece.model}), as T5 has it: the end of the text is id 1. */
public final class SentencePieceText implements TextTokenizer {
    private static final int END = 1;

    private final SpTokenizer model;

    private SentencePieceText(SpTokenizer model) {
        this.model = model;
    }

    /**
     * Reads a SentencePiece model.
     *
     * @throws CheckpointException if it is missing or malformed
     */
    public static SentencePieceText read(Path file) {
        CheckpointFile.requireBinary(file, "the text encoder's tokenizer, a SentencePiece model");
        DjlLibraries.configure();
        try {
            byte[] model = Files.readAllBytes(file);
            SentencePieceFile.require(model, file.toString());
            return new SentencePieceText(new SpTokenizer(model));
        } catch (CheckpointException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new CheckpointException(
                    file.toString(), "no readable SentencePiece model", "spiece.model", "download the file again", e);
        }
    }

    @Override
    public int[] encode(String text) {
        int[] pieces = model.getProcessor().encode(text);
        int[] ids = Arrays.copyOf(pieces, pieces.length + 1);
        ids[pieces.length] = END;
        return ids;
    }

    @Override
    public int[] encodeTemplate(String text) {
        return encode(text);
    }

    @Override
    public Map<String, Integer> ids() {
        return Map.of("</s>", END);
    }

    @Override
    public void close() {
        model.close();
    }
}
