package org.sjd4j.llama;

import java.util.Arrays;
import org.sjd4j.tensor.CheckpointException;

/** Ids of a text tokenizer, before they become rows of a table. */
public final class TokenIds {
    private TokenIds() {}

    /**
     * Refuses ids that a table has no row for.
     *
     * @param vocabulary number of rows
     * @throws CheckpointException naming one
     */
    public static void require(int[] ids, int vocabulary) {
        Arrays.stream(ids).filter(id -> id < 0 || id >= vocabulary).findFirst().ifPresent(id -> {
            throw new CheckpointException(
                    "the text tokenizer",
                    "token id " + id,
                    "one of the model's " + vocabulary,
                    "use the tokenizer files that belong to this checkpoint");
        });
    }
}
