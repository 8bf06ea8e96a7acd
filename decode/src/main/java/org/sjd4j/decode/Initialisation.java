package org.sjd4j.decode;

/** The first guess for a position that enters the window (SJD, arXiv 2410.01699, section on initialisation). */
public enum Initialisation {
    /** Any image token, all equally likely. */
    RANDOM,
    /** A copy of the token to the left; random at the left border. */
    LEFT,
    /** A copy of the token above; random on the first line. */
    ABOVE,
    /** Sampled from the last row of the window, as if the image went on like that; random in the first window. */
    PREVIOUS
}
