using System.Globalization;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;

namespace DistTrain.Cli.Landscape;

/// <summary>Tells of products: each one to programs, and to people one now and then, on standard error.</summary>
/// <param name="context">The command.</param>
/// <param name="patience">Between two lines for people.</param>
internal sealed class ProbeProgress(CommandContext context, TimeSpan patience)
{
    private long _told = context.Clock.GetTimestamp();

    public void Tell(ProductEvent product)
    {
        if (context.Json)
        {
            context.Print(product, "");
            return;
        }

        if (context.Clock.GetElapsedTime(_told) < patience)
            return;
        _told = context.Clock.GetTimestamp();
        context.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{product.Products} products of at most {product.Most}{SoFar(product)}"));
    }

    private static string SoFar(ProductEvent product) => product is { LambdaMin: { } low, LambdaMax: { } high }
        ? $"; curvature so far from {Figures.Number(low)} to {Figures.Number(high)}"
        : "";
}
