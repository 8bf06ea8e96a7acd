package org.sjd4j.decode.sampling;

/** The order of tokens in an image: structural positions, neighbours, legal image ids. */
public interface Layout {

    /** What {@link #forcedAt}, {@link #leftNeighbour} and {@link #aboveNeighbour} answer when there is no such thing. */
    int NONE = -1;

    /** The id that must stand at this position (a line end, say), or {@link #NONE} if the model chooses. */
    int forcedAt(int position);

    /** The position of the image token to the left, or {@link #NONE} at the left border and for structural tokens. */
    int leftNeighbour(int position);

    /** The position of the image token above, or {@link #NONE} on the first line and for structural tokens. */
    int aboveNeighbour(int position);

    /** The ids of image tokens, ascending: what a random draft is sampled from and what the model may choose. */
    int[] imageIds();
}
