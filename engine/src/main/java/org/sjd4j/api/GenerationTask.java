package org.sjd4j.api;

/** An image that {@link TextToImage#generateTogether} is to generate. All calls come from the model's thread. */
public interface GenerationTask {

    /** What to generate. */
    Request request();

    /** Whether nobody wants it any more; asked before every step. */
    boolean cancelled();

    /** Called once, before the prompt is read. */
    void started();

    /**
     * Called after each step.
     *
     * @param step forward passes so far, from 1
     * @param accepted number of accepted tokens
     * @param all tokens of the image
     * @param preview makes an image of what is known and guessed by now
     */
    void stepped(int step, int accepted, int all, Preview preview);

    /** Called when it is finished; nothing is called after that. */
    void finished(GeneratedImage image);

    /**
     * Called when it cannot be generated; nothing is called after that.
     *
     * @param reason such as a {@link org.sjd4j.decode.sampling.DecodingException}
     */
    void failed(Throwable reason);

    /** Called when it was left because it is {@link #cancelled}; nothing is called after that. */
    void left();

    /** The accepted tokens and the drafts behind them as an image; what is still unknown repeats what is above it. */
    @FunctionalInterface
    interface Preview {
        /** Makes it. */
        java.awt.image.BufferedImage image();
    }
}
