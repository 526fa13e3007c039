namespace DistTrain.Cli.Results;

/// <summary>What one of many runs has brought: a line of <c>results.jsonl</c>.</summary>
internal interface IRunResult<TSelf>
    where TSelf : IRunResult<TSelf>
{
    /// <summary>Its name, that of its folder.</summary>
    string Run { get; }

    /// <summary>What it was a run of: with another the result does not count.</summary>
    string Setup { get; }

    string ToJson();

    /// <exception cref="System.Text.Json.JsonException">It is not a result.</exception>
    static abstract TSelf FromJson(string line);
}
