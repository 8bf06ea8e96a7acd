package org.sjd4j.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the segments before the pixels of a JPEG file say (ITU-T T.81, annex B).
 *
 * @param colours what the components mean, by the rules of libjpeg
 * @param components of each pixel
 * @param orientation of the camera
 */
record JpegHeader(Colours colours, List<Component> components, Orientation orientation) {
    private static final int MOST_SCANS = 100;
    private static final int FILL = 0xff;
    private static final int START_OF_SCAN = 0xda;
    private static final int END_OF_IMAGE = 0xd9;
    private static final int APP0 = 0xe0;
    private static final int APP1 = 0xe1;
    private static final int APP14 = 0xee;
    private static final List<Integer> RGB_NAMES = List.of((int) 'R', (int) 'G', (int) 'B');

    /**
     * A component.
     *
     * @param name a number of its own
     * @param across how many samples it has beside each other in a unit of the image
     * @param down how many it has below each other
     */
    record Component(int name, int across, int down) {}

    /** What components mean. */
    enum Colours {
        GREY,
        RGB,
        YCC,
        CMYK,
        YCCK
    }

    /**
     * Reads the segments.
     *
     * @throws IOException if they break off, or there is an unusual number of components
     */
    static JpegHeader of(byte[] file) throws IOException {
        var data = ByteBuffer.wrap(file);
        data.position(2);
        boolean jfif = false;
        int transform = -1;
        List<Component> components = List.of();
        Orientation orientation = null;
        while (true) {
            int marker = marker(data);
            if (marker == END_OF_IMAGE) {
                throw new EOFException("it has no pixels");
            }
            if (isAlone(marker)) {
                continue;
            }
            var segment = segment(data);
            if (marker == START_OF_SCAN) {
                break;
            } else if (isFrame(marker)) {
                components = components(segment);
            } else if (marker == APP0 && segment.remaining() >= 14 && startsWith(segment, "JFIF\0")) {
                jfif = true;
            } else if (marker == APP14 && segment.remaining() >= 12 && startsWith(segment, "Adobe")) {
                transform = segment.get(segment.position() + 11) & 0xff;
            } else if (marker == APP1 && orientation == null && startsWith(segment, "Exif\0\0")) {
                orientation = TiffDirectory.of(segment.position(segment.position() + 6))
                        .orientation();
            }
        }
        return new JpegHeader(
                colours(components, jfif, transform),
                components,
                orientation == null ? Orientation.UPRIGHT : orientation);
    }

    /** As libjpeg's {@code default_decompress_parms} decides. */
    private static Colours colours(List<Component> components, boolean jfif, int transform) throws IOException {
        return switch (components.size()) {
            case 1 -> Colours.GREY;
            case 3 -> {
                boolean named = transform < 0
                        && components.stream().map(Component::name).toList().equals(RGB_NAMES);
                yield !jfif && (named || transform == 0) ? Colours.RGB : Colours.YCC;
            }
            case 4 -> transform > 0 ? Colours.YCCK : Colours.CMYK;
            default -> throw new IOException("it has " + components.size() + " components");
        };
    }

    /**
     * Checks that the file goes on to the mark of its end: a decoder makes grey of what is missing. And that it has no more scans
     * than encoders make: every scan costs the time of a whole image, however short it is.
     *
     * @throws IOException if not
     */
    static void requireWhole(byte[] file) throws IOException {
        var data = ByteBuffer.wrap(file);
        data.position(2);
        int scans = 0;
        for (int marker = marker(data); marker != END_OF_IMAGE; marker = marker(data)) {
            if (!isAlone(marker)) {
                segment(data);
            }
            if (marker == START_OF_SCAN && ++scans > MOST_SCANS) {
                throw new IOException("it has more than " + MOST_SCANS + " scans");
            }
        }
    }

    /** Goes on behind the next marker; within the pixels, two zeros are no marker. */
    private static int marker(ByteBuffer data) throws EOFException {
        while (data.hasRemaining()) {
            if ((data.get() & 0xff) == FILL) {
                int code = FILL;
                while (code == FILL && data.hasRemaining()) {
                    code = data.get() & 0xff;
                }
                if (code != 0 && code != FILL) {
                    return code;
                }
            }
        }
        throw new EOFException("it breaks off");
    }

    /** Whether a marker has no segment: restart markers, those of the file's begin, and one without meaning. */
    private static boolean isAlone(int marker) {
        return marker >= 0xd0 && marker <= 0xd8 || marker == 0x01;
    }

    /** Whether a marker begins a frame: all of the row but those of tables. */
    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    private static ByteBuffer segment(ByteBuffer data) throws EOFException {
        int length = data.remaining() < 2 ? 0 : Short.toUnsignedInt(data.getShort());
        if (length < 2 || length - 2 > data.remaining()) {
            throw new EOFException("it breaks off");
        }
        var segment = data.slice(data.position(), length - 2);
        data.position(data.position() + length - 2);
        return segment;
    }

    private static List<Component> components(ByteBuffer frame) throws EOFException {
        int count = frame.remaining() < 6 ? 0 : frame.get(5) & 0xff;
        if (frame.remaining() < 6 + 3 * count) {
            throw new EOFException("it breaks off");
        }
        var components = new ArrayList<Component>();
        for (int at = 6; at < 6 + 3 * count; at += 3) {
            components.add(new Component(frame.get(at) & 0xff, frame.get(at + 1) >> 4 & 0xf, frame.get(at + 1) & 0xf));
        }
        return components;
    }

    private static boolean startsWith(ByteBuffer segment, String text) {
        byte[] expected = text.getBytes(StandardCharsets.ISO_8859_1);
        return segment.remaining() >= expected.length
                && segment.slice(segment.position(), expected.length).equals(ByteBuffer.wrap(expected));
    }
}
