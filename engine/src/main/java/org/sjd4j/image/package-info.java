/**
 * Image files: bytes of PNG, JPEG, GIF, BMP or TIFF become RGB pixels, with the numbers that Pillow's
 * {@code ImageOps.exif_transpose(Image.open(file)).convert("RGB")} gives. {@link org.sjd4j.image.ImageFiles} reads
 * all of them and says where it differs. The package is pure Java over {@code java.desktop}.
 */
@NullMarked
package org.sjd4j.image;

import org.jspecify.annotations.NullMarked;
