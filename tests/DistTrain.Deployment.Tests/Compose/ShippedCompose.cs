namespace DistTrain.Deployment.Tests.Compose;

/// <summary><c>deploy/compose.yaml</c>.</summary>
internal static class ShippedCompose
{
    public static string Text { get; } = Repository.Read("deploy/compose.yaml");

    /// <summary>It with a mistake.</summary>
    public static string Broken(string right, string wrong)
    {
        var broken = Text.Replace(right, wrong, StringComparison.Ordinal);
        Assert.NotEqual(Text, broken);
        return broken;
    }
}
