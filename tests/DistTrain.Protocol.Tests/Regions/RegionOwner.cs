using DistTrain.Protocol.Regions;

namespace DistTrain.Protocol.Tests.Regions;

/// <summary>A process that offers a region of ones and waits to be killed.</summary>
internal static class RegionOwner
{
    public const string Role = "region-owner";

    public const int Elements = 300_000;

    public static async Task RunAsync(string[] arguments)
    {
        using var region = SharedRegion.TryCreate(Elements, out var refusal) ?? throw new InvalidOperationException(refusal);
        region.Memory.Span.Fill(1);
        Console.WriteLine(region.Offer.ToString());
        await Console.In.ReadLineAsync();
    }
}
