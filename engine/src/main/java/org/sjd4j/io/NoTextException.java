package org.sjd4j.io;

import java.io.IOException;

/** A file that should be text in UTF-8 is not. */
public final class NoTextException extends IOException {
    private static final long serialVersionUID = 1;

    /** Why it is not, without the file's name. */
    private final String found;

    NoTextException(String name, long line, String found) {
        super(name + " is no text in UTF-8: line " + line + " " + found + "; save it as UTF-8");
        this.found = "line " + line + ", which " + found;
    }

    /** Why it is not, without the file's name. */
    public String found() {
        return found;
    }
}
