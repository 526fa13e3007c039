using System.Numerics;

namespace DistTrain.Torch.Data.Digits;

/// <summary>One movement of the pen.</summary>
/// <param name="Smooth">True for a curve through the points, false for straight lines between them.</param>
/// <param name="Points">At least two, in a unit box: x to the right, y down.</param>
internal sealed record Stroke(bool Smooth, IReadOnlyList<Vector2> Points);

/// <summary>How people write the ten digits: two to three ways each, as the strokes of a pen.</summary>
internal static class DigitGlyphs
{
    /// <summary>[digit][way] → strokes.</summary>
    public static IReadOnlyList<IReadOnlyList<IReadOnlyList<Stroke>>> All { get; } =
    [
        [
            [Curve(.55f, .05f, .29f, .2f, .2f, .5f, .29f, .82f, .5f, .95f, .72f, .8f, .8f, .5f, .73f, .18f, .55f, .05f)],
            [Curve(.68f, .14f, .45f, .05f, .28f, .22f, .24f, .55f, .34f, .87f, .55f, .95f, .7f, .75f, .74f, .42f, .62f, .12f, .48f, .1f)],
        ],
        [
            [Lines(.5f, .05f, .5f, .95f)],
            [Lines(.32f, .27f, .53f, .05f, .53f, .95f)],
            [Lines(.33f, .25f, .52f, .05f, .52f, .95f), Lines(.3f, .95f, .74f, .95f)],
        ],
        [
            [Curve(.22f, .28f, .34f, .09f, .6f, .06f, .76f, .24f, .66f, .5f, .42f, .74f, .2f, .93f), Lines(.2f, .93f, .8f, .92f)],
            [Curve(.24f, .24f, .42f, .06f, .68f, .14f, .7f, .4f, .5f, .7f, .3f, .93f, .19f, .85f, .3f, .76f, .52f, .87f, .82f, .92f)],
        ],
        [
            [Curve(.22f, .17f, .45f, .05f, .7f, .18f, .62f, .4f, .4f, .47f), Curve(.4f, .47f, .68f, .54f, .77f, .74f, .54f, .94f, .2f, .84f)],
            [Lines(.24f, .07f, .74f, .07f, .46f, .4f), Curve(.46f, .4f, .72f, .52f, .75f, .77f, .5f, .95f, .2f, .86f)],
        ],
        [
            [Lines(.32f, .06f, .2f, .56f, .82f, .54f), Lines(.66f, .24f, .64f, .95f)],
            [Lines(.62f, .95f, .62f, .05f, .17f, .66f, .83f, .66f)],
        ],
        [
            [Lines(.75f, .07f, .32f, .07f, .27f, .46f), Curve(.27f, .46f, .54f, .38f, .77f, .56f, .7f, .84f, .46f, .95f, .2f, .86f)],
            [Curve(.3f, .1f, .26f, .28f, .27f, .44f, .52f, .42f, .74f, .6f, .64f, .88f, .36f, .95f, .2f, .84f), Lines(.3f, .1f, .78f, .06f)],
        ],
        [
            [Curve(.68f, .06f, .4f, .24f, .24f, .56f, .28f, .86f, .52f, .95f, .75f, .8f, .68f, .56f, .46f, .52f, .26f, .7f)],
            [Curve(.5f, .05f, .3f, .35f, .22f, .7f, .38f, .94f, .66f, .9f, .72f, .68f, .52f, .56f, .28f, .66f)],
        ],
        [
            [Lines(.2f, .07f, .78f, .07f, .4f, .95f)],
            [Lines(.2f, .08f, .78f, .06f, .44f, .95f), Lines(.32f, .5f, .72f, .48f)],
            [Curve(.2f, .14f, .44f, .06f, .78f, .08f), Curve(.78f, .08f, .56f, .46f, .48f, .95f)],
        ],
        [
            [Curve(.72f, .2f, .52f, .05f, .3f, .18f, .38f, .4f, .62f, .56f, .73f, .78f, .5f, .95f, .26f, .8f, .36f, .58f, .62f, .4f, .72f, .2f)],
            [Curve(.5f, .46f, .3f, .27f, .5f, .05f, .7f, .26f, .5f, .46f, .25f, .7f, .5f, .95f, .76f, .7f, .5f, .46f)],
        ],
        [
            [Curve(.73f, .26f, .54f, .05f, .28f, .2f, .3f, .44f, .56f, .5f, .73f, .26f), Curve(.73f, .26f, .7f, .6f, .6f, .95f)],
            [Curve(.72f, .2f, .46f, .05f, .26f, .28f, .42f, .5f, .7f, .34f, .74f, .14f), Lines(.73f, .18f, .72f, .95f)],
            [Curve(.72f, .3f, .56f, .06f, .3f, .16f, .28f, .4f, .5f, .5f, .72f, .3f, .76f, .56f, .62f, .9f, .28f, .9f)],
        ],
    ];

    private static Stroke Curve(params ReadOnlySpan<float> coordinates) => new(Smooth: true, PointsOf(coordinates));

    private static Stroke Lines(params ReadOnlySpan<float> coordinates) => new(Smooth: false, PointsOf(coordinates));

    private static Vector2[] PointsOf(ReadOnlySpan<float> coordinates)
    {
        var points = new Vector2[coordinates.Length / 2];
        for (var i = 0; i < points.Length; i++)
            points[i] = new Vector2(coordinates[2 * i], coordinates[(2 * i) + 1]);
        return points;
    }
}
