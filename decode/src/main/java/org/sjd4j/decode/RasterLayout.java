package org.sjd4j.decode;

import java.util.List;
import java.util.stream.IntStream;
import org.sjd4j.decode.sampling.Layout;

/**
 * Lines of image tokens from top to bottom, optionally with structural tokens before the first line, after each line
 * and after the last. For example Lumina-mGPT at 768x768 is 48 lines of 48 tokens, each closed by id 8803, after a
 * header of three ids and before an end of image; LlamaGen has no structural token at all.
 *
 * @param columns image tokens per line
 * @param lines lines
 * @param header ids before the first line
 * @param lineEnd id that closes each line, or {@link #NONE}
 * @param trailer ids after the last line
 * @param firstImageId the smallest image token id
 * @param codebookSize the number of image token ids, which are consecutive
 */
public record RasterLayout(
        int columns,
        int lines,
        List<Integer> header,
        int lineEnd,
        List<Integer> trailer,
        int firstImageId,
        int codebookSize)
        implements Layout {

    public RasterLayout {
        if (columns < 1 || lines < 1 || codebookSize < 1 || firstImageId < 0) {
            throw new IllegalArgumentException(
                    "a raster needs at least one column, line and image id, but found %s columns, %s lines, %s ids from %s"
                            .formatted(columns, lines, codebookSize, firstImageId));
        }
        header = List.copyOf(header);
        trailer = List.copyOf(trailer);
    }

    /** A raster without structural tokens. */
    public RasterLayout(int columns, int lines, int firstImageId, int codebookSize) {
        this(columns, lines, List.of(), NONE, List.of(), firstImageId, codebookSize);
    }

    /** The number of tokens of the whole image, structural tokens included. */
    public int length() {
        return bodyEnd() + trailer.size();
    }

    @Override
    public int forcedAt(int position) {
        if (position < header.size()) {
            return header.get(position);
        }
        if (position >= bodyEnd()) {
            return trailer.get(position - bodyEnd());
        }
        return column(position) == columns ? lineEnd : NONE;
    }

    @Override
    public int leftNeighbour(int position) {
        return isImage(position) && column(position) > 0 ? position - 1 : NONE;
    }

    @Override
    public int aboveNeighbour(int position) {
        int above = position - lineLength();
        return isImage(position) && above >= header.size() ? above : NONE;
    }

    @Override
    public int[] imageIds() {
        return IntStream.range(firstImageId, firstImageId + codebookSize).toArray();
    }

    /** The position of the token at a place of the image. */
    public int position(int line, int column) {
        return header.size() + line * lineLength() + column;
    }

    /** The codes of an image's image tokens, in raster order: ids without their offset. */
    public int[] codes(int[] tokens) {
        int[] codes = new int[lines * columns];
        for (int line = 0; line < lines; line++) {
            for (int column = 0; column < columns; column++) {
                codes[line * columns + column] = tokens[position(line, column)] - firstImageId;
            }
        }
        return codes;
    }

    /**
     * The tokens of an image of these codes, structural ones included: the reverse of {@link #codes}.
     *
     * @param codes in raster order
     */
    public int[] tokens(int[] codes) {
        int[] tokens = new int[length()];
        int code = 0;
        for (int position = 0; position < tokens.length; position++) {
            int forced = forcedAt(position);
            tokens[position] = forced == NONE ? firstImageId + codes[code++] : forced;
        }
        return tokens;
    }

    /** Whether a token may stand at a position. */
    public boolean allows(int position, int id) {
        int forced = forcedAt(position);
        return forced == NONE ? id >= firstImageId && id < firstImageId + codebookSize : id == forced;
    }

    private boolean isImage(int position) {
        return forcedAt(position) == NONE;
    }

    private int column(int position) {
        return (position - header.size()) % lineLength();
    }

    /** Tokens of a line, its end included. */
    public int lineLength() {
        return lineEnd == NONE ? columns : columns + 1;
    }

    private int bodyEnd() {
        return header.size() + lines * lineLength();
    }
}
