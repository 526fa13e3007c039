namespace DistTrain.Client;

/// <summary>As whom a client calls a cluster, and how long it waits.</summary>
public sealed record DistTrainClientOptions
{
    /// <summary>
    /// Folder with <c>ca.crt</c>, the authority whose servers are trusted, and with <c>tls.crt</c> and <c>tls.key</c>, the client's own certificate, unless it
    /// shows a token. Files that were renewed are taken for the next connection. Null: the authorities that the machine trusts. For <c>https</c> only.
    /// </summary>
    public string? CertificateFolder { get; init; }

    /// <summary>File with a bearer token, read for each call; null: none. For <c>https</c> only.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Gives a bearer token for each call, e.g. that of an identity provider; takes precedence over <see cref="TokenFile"/>. For <c>https</c> only.</summary>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>Longest time for an answer of <c>List</c> and <c>Cancel</c>. Default: 20 s.</summary>
    public TimeSpan CallLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The same of <c>Submit</c> and <c>Resume</c>: a silo reads the data before it takes a job. Default: 5 min.</summary>
    public TimeSpan SubmitLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Measures deadlines and waits.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
