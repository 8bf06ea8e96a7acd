package org.sjd4j.image;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Formats of files, told apart by their first bytes: a file's name says nothing about what is in it. */
enum ImageFormat {
    PNG("PNG", "\u0089PNG\r\n\u001a\n"),
    JPEG("JPEG", "\u00ff\u00d8\u00ff"),
    GIF("GIF", "GIF8[79]a"),
    BMP("BMP", "BM.{12}[\f\u0010(48@l|]\0\0\0"),
    TIFF("TIFF", "II\\*\0|MM\0\\*"),

    WEBP("a WebP image", "RIFF....WEBP"),
    AVIF("an AVIF image", "....ftyp(avif|avis|(mif1|msf1|miaf).{0,40}?avi[fs])"),
    HEIC("a HEIC image", "....ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)"),
    JPEG_XL("a JPEG XL image", "\u00ff\n|\0\0\0\fJXL \r\n"),
    JPEG_2000("a JPEG 2000 image", "\0\0\0\fjP  |\u00ffO\u00ffQ"),
    BIG_TIFF("a BigTIFF image", "II\\+\0|MM\0\\+"),
    SVG("an SVG image", "(\u00ef\u00bb\u00bf)?\\s*(<\\?xml.*?|<!--.*?|<!DOCTYPE svg.*?)?<svg[\\s>]"),
    PHOTOSHOP("a Photoshop file", "8BPS"),
    ICON("a Windows icon", "\0\0[\u0001\u0002]\0[^\0]\0"),
    OPEN_EXR("an OpenEXR image", "v/1\u0001"),
    NETPBM("a Netpbm image", "P[1-7]\\s"),
    PDF("a PDF file", "%PDF-"),
    WEB_PAGE("a web page", "(\u00ef\u00bb\u00bf)?\\s*(?i:<!doctype html|<html)") {
        @Override
        String advice() {
            return "download the image again";
        }
    },
    LFS_POINTER("a pointer of Git LFS", "version https://git-lfs") {
        @Override
        String advice() {
            return "fetch the image itself with 'git lfs pull'";
        }
    };

    /** The formats that can be read, for messages. */
    static final String READABLE = "PNG, JPEG, GIF, BMP or TIFF";

    /** How many of a file's first bytes {@link #of} looks at. */
    static final int HEAD = 1024;

    private final String label;
    private final Pattern magic;

    /**
     * @param magic the first bytes, each as the character of its number
     */
    ImageFormat(String label, String magic) {
        this.label = label;
        this.magic = Pattern.compile(magic, Pattern.DOTALL);
    }

    /**
     * The format of a file, or null if it is none that we know.
     *
     * @param head its first bytes, {@value #HEAD} if it has so many
     */
    static @Nullable ImageFormat of(byte[] head) {
        var text = new String(head, 0, Math.min(head.length, HEAD), StandardCharsets.ISO_8859_1);
        for (ImageFormat format : values()) {
            if (format.magic.matcher(text).lookingAt()) {
                return format;
            }
        }
        return null;
    }

    /** Whether images of this format can be read. */
    boolean isReadable() {
        return compareTo(TIFF) <= 0;
    }

    /** The name of the format; with an article where it cannot be read. */
    String label() {
        return label;
    }

    /** What to do with a file that cannot be read. */
    String advice() {
        return "convert it to PNG or JPEG";
    }
}
