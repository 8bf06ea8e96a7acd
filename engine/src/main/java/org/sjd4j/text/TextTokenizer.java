package org.sjd4j.text;

import java.util.Map;

/** Text to token ids, as a checkpoint's own tokenizer does it. Instances may be used by many threads. */
public interface TextTokenizer extends AutoCloseable {

    /** The ids of a text in which nothing is a special token: what a user writes. */
    int[] encode(String text);

    /** The ids of a text in which special tokens are spelt out: what a template writes. */
    int[] encodeTemplate(String text);

    /** Ids by token, as far as the tokenizer's files name them; special tokens among them. */
    Map<String, Integer> ids();

    /** Frees native memory, if there is any. */
    @Override
    void close();
}
