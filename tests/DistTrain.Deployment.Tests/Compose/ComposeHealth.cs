namespace DistTrain.Deployment.Tests.Compose;

/// <summary>How a service is asked whether it is well.</summary>
internal sealed class ComposeHealth
{
    public List<string> Test { get; set; } = [];

    public string? Interval { get; set; }

    public string? Timeout { get; set; }

    public int Retries { get; set; }

    public string? StartPeriod { get; set; }
}
