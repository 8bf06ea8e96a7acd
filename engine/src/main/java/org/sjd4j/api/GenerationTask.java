package org.sjd4j.api;

/** An image that {@link TextToImage#generateTogether} is to generate. All calls come from the thread of one worker. */
public interface GenerationTask {

    /** What to generate. */
    Request request();

    /** Whether nobody wants it any more; asked before every step. */
    boolean cancelled();

    /** Called once, before the prompt is read. */
    void started();

    /** Called after each step. */
    void stepped(Progress progress);

    /** Called when it is finished; nothing is called after that. */
    void finished(GeneratedImage image);

    /**
     * Called when it cannot be generated; nothing is called after that.
     *
     * @param reason such as a {@link org.sjd4j.decode.sampling.DecodingException}
     */
    void failed(Throwable reason);

    /**
     * Called when it ends without an image, because it is {@link #cancelled} or because all generation ends; nothing is called
     * after that.
     */
    void left();
}
