package org.sjd4j.decode.sampling;

/** Decoding cannot go on: the model's numbers make no distribution, or the decoder and the model do not fit together. */
public final class DecodingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public DecodingException(String message) {
        super(message);
    }

    public DecodingException(String message, Throwable cause) {
        super(message, cause);
    }
}
