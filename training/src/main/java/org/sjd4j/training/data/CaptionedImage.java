package org.sjd4j.training.data;

/**
 * One example of a data set: an image and the words for it.
 *
 * @param id unique and stable within the data set; {@code noto/red apple} or the file's name
 * @param caption the words for the image as it is, without any background
 * @param concept what is drawn, or empty where the data set does not say
 * @param style how it is drawn, or empty where the data set does not say
 * @param split whether to learn from it
 */
public record CaptionedImage(String id, String caption, String concept, String style, Split split) {}
