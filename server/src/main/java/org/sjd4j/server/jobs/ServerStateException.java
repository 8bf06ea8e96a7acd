package org.sjd4j.server.jobs;

import org.jspecify.annotations.Nullable;

/** What the server keeps on disk or in a database cannot be used. */
public final class ServerStateException extends RuntimeException {
    /** @param message what is wrong, and what to do where that is known */
    public ServerStateException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
